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
