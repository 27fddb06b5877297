import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { expect, it } from 'vitest';

import { BUILD } from '../support/programs.js';

// More than a pipe or a socket takes at once.
const LINES = 10_000;

it.each([
  ['exits', 'process.exit()'],
  ['crashes', 'throw new Error("defect")'],
])('the log contains every line in order when the process %s', async (_, ending) => {
  const script = `
    const { openLog } = await import('./dist/apps/gateway/src/observability/log-output.js');
    const { systemClock } = await import('./dist/libs/resilience/src/index.js');
    const { logger } = await openLog('info', systemClock);
    for (let n = 0; n < ${LINES}; n += 1) logger.info({ n }, 'line');
    ${ending};
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    cwd: BUILD,
  }).catch((error: unknown) => error as { stdout: string });
  const numbers = stdout
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { n: number }).n);
  expect(numbers).toStrictEqual(Array.from({ length: LINES }, (_, n) => n));
});
