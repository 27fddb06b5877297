import type { RedisClient } from '@app/redis-store';
import { describe, expect, it } from 'vitest';

import { takeShared } from './shared-windows.js';

const LIMIT = { requests: 100, windowS: 60 };

/** What is made of a reply of Redis. */
async function quotaFor(...reply: unknown[]): Promise<unknown> {
  const redis = { eval: () => Promise.resolve(reply) } as unknown as RedisClient;
  return takeShared(redis, 'key', LIMIT);
}

describe('takeShared', () => {
  it('returns what Redis says', async () => {
    expect(await quotaFor(0, 42, 1234, 0)).toStrictEqual({
      exceeded: false,
      remaining: 42,
      resetMs: 1234,
      rejected: false,
    });
    expect(await quotaFor(1, 0, 1234, 1)).toMatchObject({ exceeded: true, rejected: true });
  });

  it.each([
    [101, 60_001, 100, 60_000],
    [1e15, 7_204_383_759_000, 100, 60_000],
    [-1, -1, 0, 0],
    [NaN, Infinity, 0, 60_000],
    ['hello', undefined, 0, 0],
  ])(
    'keeps the values %s and %s within the limit and the window',
    async (remaining, resetMs, ...expected) => {
      const quota = await quotaFor(1, remaining, resetMs, 0);
      expect(quota).toMatchObject({ remaining: expected[0], resetMs: expected[1] });
    },
  );
});
