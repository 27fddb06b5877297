import { inspect } from 'node:util';

import { PROBLEMS } from '@app/problem-details';
import { describe, expect, it } from 'vitest';

import { GatewayError, type GatewayErrorCode } from './gateway-error.js';

const DETAIL = { detail: 'Detail.' };

describe('isRetryable', () => {
  it("agrees with the gateway's advice for every error code", () => {
    const codes = Object.entries(PROBLEMS).map(([code, { retry }]) => [code, retry] as const);
    const agrees = codes.map(([code, retry]) => [
      code,
      new GatewayError(code as GatewayErrorCode, DETAIL).isRetryable,
      retry === 'after-delay' || retry === 'later',
    ]);
    expect(agrees.length).toBeGreaterThan(15);
    for (const [code, isRetryable, expected] of agrees)
      expect([code, isRetryable]).toStrictEqual([code, expected]);
  });

  it.each<[GatewayErrorCode, number | null, boolean]>([
    ['network-error', null, true],
    ['timeout', null, true],
    ['setup-error', null, false],
    ['unexpected-answer', 503, true],
    ['unexpected-answer', 502, true],
    ['unexpected-answer', 200, false],
    ['unexpected-answer', null, false],
    ['unknown-problem', 429, true],
    ['unknown-problem', 504, true],
    ['unknown-problem', 410, false],
    ['unknown-problem', 500, false],
  ])('of %s with status %s is %s', (code, status, expected) => {
    expect(new GatewayError(code, { ...DETAIL, status }).isRetryable).toBe(expected);
  });
});

describe('instanceof GatewayError', () => {
  class OwnError extends GatewayError {}

  it('finds the errors of another copy of the package, for example one that `require` has loaded', async () => {
    const url = './gateway-error.js?copy';
    const copy = (await import(url)) as typeof import('./gateway-error.js');
    expect(copy.GatewayError).not.toBe(GatewayError);
    expect(new copy.GatewayError('timeout', DETAIL)).toBeInstanceOf(GatewayError);
    expect(new GatewayError('timeout', DETAIL)).toBeInstanceOf(copy.GatewayError);
  });

  it.each([new Error('x'), { name: 'GatewayError', code: 'timeout' }, null, undefined, 'GatewayError'])(
    'does not find %s',
    (other) => {
      expect(other instanceof GatewayError).toBe(false);
    },
  );

  it('tells a subclass from the class', () => {
    expect(new OwnError('timeout', DETAIL)).toBeInstanceOf(OwnError);
    expect(new OwnError('timeout', DETAIL)).toBeInstanceOf(GatewayError);
    expect(new GatewayError('timeout', DETAIL)).not.toBeInstanceOf(OwnError);
  });

  it('is not told by a member that a log would print', () => {
    expect(inspect(new GatewayError('timeout', DETAIL))).not.toContain('Symbol');
  });
});
