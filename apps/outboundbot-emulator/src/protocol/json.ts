import { LosslessNumber, parse, stringify } from 'lossless-json';

/** JSON that is already text. Answers copy it, which keeps every digit and is faster than parsing and writing it again. */
export class JsonText {
  constructor(readonly text: string) {}
}

const integer = /^-?\d+$/;

/**
 * Parses JSON without rounding a number.
 *
 * Integers that a double holds exactly become numbers, larger ones bigints (account ids have up to 19 digits), and
 * a number with a fraction or an exponent keeps its text.
 *
 * @throws SyntaxError when the text is not JSON.
 */
export function parseJson(text: string): unknown {
  return parse(text, null, readNumber);
}

/** Writes a value that may come from {@link parseJson} as JSON with every digit. Undefined members are left out. */
export function writeJson(value: unknown): string {
  return stringify(value) ?? 'null';
}

function readNumber(text: string): number | bigint | LosslessNumber {
  if (!integer.test(text)) return new LosslessNumber(text);
  const value = Number(text);
  // Minus zero would be written as zero, so it keeps its text.
  if (Object.is(value, -0)) return new LosslessNumber(text);
  return Number.isSafeInteger(value) ? value : BigInt(text);
}
