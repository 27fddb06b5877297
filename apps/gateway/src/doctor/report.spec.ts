import { stripVTControlCharacters } from 'node:util';

import { describe, expect, it } from 'vitest';

import { fail, ok, skip, warn } from './finding.js';
import { formatFinding, formatVerdict } from './report.js';

describe('the report of the doctor', () => {
  it('aligns the columns, and indents what to do under what was found', () => {
    const lines = [ok('dns', 'found'), fail('permission DescribeInstance', 'found', 'Do this.', 'Or that.')]
      .map((finding) => formatFinding(finding, false))
      .join('');
    expect(lines).toBe(
      [
        'ok    dns                          found',
        'fail  permission DescribeInstance  found',
        '                                   -> Do this.',
        '                                   -> Or that.',
        '',
      ].join('\n'),
    );
  });

  it('colours only the status', () => {
    const coloured = formatFinding(skip('tls', 'found'), true);
    expect(coloured).toBe(`\u001b[90mskip\u001b[0m  ${'tls'.padEnd(27)}  found\n`);
    expect(stripVTControlCharacters(coloured)).toBe(formatFinding(skip('tls', 'found'), false));
  });

  it('shows no character that steers a terminal', () => {
    const text = formatFinding(fail('tls', 'a\u001b[2Jb', 'c\rd\u202ee'), false);
    expect(text).toMatch(/ a\?\[2Jb\n +-> c\?d\?e\n$/);
  });

  it.each([
    [[ok('a', '')], 'A gateway with these settings works.'],
    [[ok('a', ''), warn('b', '')], 'A gateway with these settings works. 1 warning.'],
    [
      [fail('a', ''), warn('b', ''), warn('c', ''), fail('d', '')],
      'A gateway with these settings does not work: see a, d. 2 warnings.',
    ],
  ])('ends with a verdict: %#', (findings, verdict) => {
    expect(formatVerdict(findings)).toBe(`\n${verdict}\n`);
  });
});
