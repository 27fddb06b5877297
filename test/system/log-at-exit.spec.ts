import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { expect, it } from 'vitest';

import { BUILD } from '../support/programs.js';

it('the log contains every line in order when the process exits', async () => {
  const script = `
    const { createLogger } = await import('./dist/apps/gateway/src/observability/logger.js');
    const { openLog } = await import('./dist/apps/gateway/src/observability/log-output.js');
    const logger = createLogger('info', await openLog());
    for (let n = 0; n < 1000; n += 1) logger.info({ n }, 'line');
    process.exit();
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    cwd: BUILD,
  });
  const numbers = stdout
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { n: number }).n);
  expect(numbers).toStrictEqual(Array.from({ length: 1000 }, (_, n) => n));
});
