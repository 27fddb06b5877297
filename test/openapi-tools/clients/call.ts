/** What every client prints, so that the test can compare it. */
export interface Printed {
  readonly name: string | null;
  readonly listed: readonly string[];
  readonly code: string;
}

export const BASE_URL = text('BASE_URL');
export const API_KEY = text('API_KEY');
export const ID = text('ID');
export const LIST = { tag: ['age:20', 'env:prod'], id: text('IDS').split(','), pageSize: 100 };

export function print(printed: Printed): void {
  console.log(JSON.stringify(printed));
}

function text(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
}
