import { describe, expect, it } from 'vitest';

import type { LogLevel } from '../settings/environment.js';
import { createLogger, NestLogger } from './logger.js';

function loggerInto(lines: Record<string, unknown>[], level: LogLevel = 'trace') {
  return createLogger(level, { write: (line) => lines.push(JSON.parse(line) as Record<string, unknown>) });
}

describe('the logger', () => {
  it('writes the type, message and stack of an error, and no other members', () => {
    const lines: Record<string, unknown>[] = [];
    const error = Object.assign(new TypeError('defect'), { config: { secret: 'canary' }, data: 'canary' });
    loggerInto(lines).error({ err: error }, 'request');
    expect(lines).toMatchObject([{ level: 'error', err: { type: 'TypeError', message: 'defect' } }]);
    expect(JSON.stringify(lines)).not.toContain('canary');
  });

  it('writes only the type of a thrown value that is not an Error', () => {
    const lines: Record<string, unknown>[] = [];
    loggerInto(lines).error({ err: 'canary' }, 'request');
    expect(lines).toMatchObject([{ err: { type: 'string' } }]);
    expect(JSON.stringify(lines)).not.toContain('canary');
  });

  it('writes no line below its level', () => {
    const lines: Record<string, unknown>[] = [];
    const logger = loggerInto(lines, 'warn');
    logger.info('unseen');
    logger.warn('seen');
    expect(lines).toMatchObject([{ level: 'warn', msg: 'seen' }]);
  });

  it("writes Nest's own messages, and those of its start-up at level debug", () => {
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
