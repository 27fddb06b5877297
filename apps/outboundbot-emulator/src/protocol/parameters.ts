import { ApiError } from './error-codes.js';

/** One request parameter, decoded. */
export type Parameter = readonly [name: string, value: string];

/**
 * Reads a query string or an `application/x-www-form-urlencoded` body, keeping repeated names and empty values.
 *
 * A broken percent sequence is kept as it is. Clients do not sign such a text, so the signature check refuses the call.
 */
export function parseParameters(encoded: string): Parameter[] {
  const parameters: Parameter[] = [];
  for (const pair of encoded.split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    parameters.push(
      equals === -1 ? [decode(pair), ''] : [decode(pair.slice(0, equals)), decode(pair.slice(equals + 1))],
    );
  }
  return parameters;
}

/** The first value of a parameter. As in the service, an empty value counts as absent. */
export function findParameter(parameters: readonly Parameter[], name: string): string | undefined {
  const value = parameters.find(([candidate]) => candidate === name)?.[1];
  return value === '' ? undefined : value;
}

/** Like {@link findParameter}, for a mandatory parameter. The error is `MissingInstanceId`, `MissingTimestamp` and so on. */
export function requireParameter(parameters: readonly Parameter[], name: string): string {
  const value = findParameter(parameters, name);
  if (value === undefined) throw new ApiError(`Missing${name}`);
  return value;
}

/**
 * The canonical form that both signature versions sign: sorted by name, each part percent-encoded.
 *
 * Names are compared, not the joined pairs: `Tag` goes before `Tag.1`, although `Tag=` would sort after `Tag.1=`.
 */
export function canonicalParameters(parameters: readonly Parameter[]): string {
  return [...parameters]
    .sort(([nameA, valueA], [nameB, valueB]) => compare(nameA, nameB) || compare(valueA, valueB))
    .map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`)
    .join('&');
}

const keptByEncodeUriComponent = /[!'()*]/g;

/** Percent-encodes every character except letters, digits and `-._~` (RFC 3986, section 2.3). */
export function percentEncode(text: string): string {
  return encodeURIComponent(text).replace(
    keptByEncodeUriComponent,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function decode(text: string): string {
  if (!text.includes('%') && !text.includes('+')) return text;
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
