import { LosslessNumber, parse, stringify } from 'lossless-json';

/** JSON that is already written. It is copied into an answer, so that no digit is lost and no time is spent. */
export class JsonText {
  constructor(readonly text: string) {}
}

const integer = /^-?\d+$/;

/**
 * Parses JSON without rounding a number.
 *
 * Integers that a double holds exactly become numbers, larger ones bigints (account ids have up to 19 digits), and
 * anything with a fraction or an exponent keeps its own text.
 *
 * @throws SyntaxError when the text is not JSON.
 */
export function parseJson(text: string): unknown {
  return parse(text, null, readNumber);
}

/** Writes what {@link parseJson} reads, digit by digit. Members that are undefined are left out. */
export function writeJson(value: unknown): string {
  return stringify(value) ?? 'null';
}

function readNumber(text: string): number | bigint | LosslessNumber {
  if (!integer.test(text)) return new LosslessNumber(text);
  const value = Number(text);
  // Minus zero is written as zero, so it has to keep its text as well.
  if (Object.is(value, -0)) return new LosslessNumber(text);
  return Number.isSafeInteger(value) ? value : BigInt(text);
}
