import type { Finding, Status } from './finding.js';

/** The width of the column with the names of the steps: the longest is `permission DescribeInstance`. */
const STEP_WIDTH = 27;
const STATUS_WIDTH = 4;

/** ANSI escape codes (ECMA-48, SGR): green, yellow, red, grey. */
const COLOURS: Readonly<Record<Status, string>> = { ok: '32', warn: '33', fail: '31', skip: '90' };

/** One line for a finding, and an indented line for each thing to do. The texts are the same with and without colours. */
export function formatFinding({ step, status, found, advice = [] }: Finding, hasColours: boolean): string {
  const word = status.padEnd(STATUS_WIDTH);
  const coloured = hasColours ? `\u001b[${COLOURS[status]}m${word}\u001b[0m` : word;
  const indent = ' '.repeat(STATUS_WIDTH + 2 + STEP_WIDTH + 2);
  return [
    `${coloured}  ${step.padEnd(STEP_WIDTH)}  ${printable(found)}\n`,
    ...advice.map((line) => `${indent}-> ${printable(line)}\n`),
  ].join('');
}

/** A certificate or an answer could have characters that steer a terminal. */
function printable(text: string): string {
  return text.replaceAll(/[\p{C}]/gu, '?');
}

/** The last line. */
export function formatVerdict(findings: readonly Finding[]): string {
  const failed = findings.filter(({ status }) => status === 'fail');
  const warnings = findings.filter(({ status }) => status === 'warn').length;
  const noted = warnings === 0 ? '' : ` ${warnings} ${warnings === 1 ? 'warning' : 'warnings'}.`;
  return failed.length === 0
    ? `\nA gateway with these settings works.${noted}\n`
    : `\nA gateway with these settings does not work: see ${failed.map(({ step }) => step).join(', ')}.${noted}\n`;
}
