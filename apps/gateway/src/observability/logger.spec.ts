import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { describe, expect, it } from 'vitest';

import type { LogLevel } from '../settings/environment.js';
import { createLogger, NestLogger } from './logger.js';

function loggerInto(lines: Record<string, unknown>[], level: LogLevel = 'trace') {
  return createLogger(level, { write: (line) => lines.push(JSON.parse(line) as Record<string, unknown>) });
}

describe('the logger', () => {
  it('writes type, message and stack of an error, and nothing that hangs on it', () => {
    const lines: Record<string, unknown>[] = [];
    const error = Object.assign(new TypeError('defect'), { config: { secret: 'canary' }, data: 'canary' });
    loggerInto(lines).error({ err: error }, 'request');
    expect(lines).toMatchObject([{ level: 'error', err: { type: 'TypeError', message: 'defect' } }]);
    expect(JSON.stringify(lines)).not.toContain('canary');
  });

  it('writes of anything else that was thrown only what it was', () => {
    const lines: Record<string, unknown>[] = [];
    loggerInto(lines).error({ err: 'canary' }, 'request');
    expect(lines).toMatchObject([{ err: { type: 'string' } }]);
    expect(JSON.stringify(lines)).not.toContain('canary');
  });

  it('loses nothing when the process exits, and keeps the order', async () => {
    const script = `
      const { createLogger } = await import('./dist/apps/gateway/src/log/logger.js');
      const { openLog } = await import('./dist/apps/gateway/src/log/output.js');
      const logger = createLogger('info', await openLog());
      for (let n = 0; n < 1000; n += 1) logger.info({ n }, 'line');
      process.exit();
    `;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      cwd: new URL('../../../..', import.meta.url),
    });
    const numbers = stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { n: number }).n);
    expect(numbers).toStrictEqual(Array.from({ length: 1000 }, (_, n) => n));
  });

  it('keeps to its level', () => {
    const lines: Record<string, unknown>[] = [];
    const logger = loggerInto(lines, 'warn');
    logger.info('unseen');
    logger.warn('seen');
    expect(lines).toMatchObject([{ level: 'warn', msg: 'seen' }]);
  });

  it("takes Nest's own messages in, what it says while it starts at debug", () => {
    const lines: Record<string, unknown>[] = [];
    const nest = new NestLogger(loggerInto(lines));
    nest.log('mapped', 'Router');
    nest.warn('odd', 'Router');
    nest.error('broken', 'stack', 'Router');
    expect(lines).toMatchObject([
      { level: 'debug', msg: 'mapped', context: 'Router' },
      { level: 'warn', msg: 'odd', context: 'Router' },
      { level: 'error', msg: 'broken', context: 'Router' },
    ]);
  });
});
