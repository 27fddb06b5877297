import { expect, it } from 'vitest';

import { type CacheOutcome, cacheStatus } from './cache-status.js';

it.each<[string, CacheOutcome]>([
  ['outboundbot-gateway; hit; ttl=3', { kind: 'hit', ttlMs: 3999 }],
  ['outboundbot-gateway; hit; ttl=0', { kind: 'hit', ttlMs: 1 }],
  ['outboundbot-gateway; hit; ttl=-1', { kind: 'hit', ttlMs: -1 }],
  ['outboundbot-gateway; fwd=miss', { kind: 'forwarded', reason: 'miss', collapsed: false }],
  ['outboundbot-gateway; fwd=miss; collapsed', { kind: 'forwarded', reason: 'miss', collapsed: true }],
  ['outboundbot-gateway; fwd=stale', { kind: 'forwarded', reason: 'stale', collapsed: false }],
  [
    'outboundbot-gateway; fwd=stale; ttl=-12',
    { kind: 'forwarded', reason: 'stale', collapsed: false, staleTtlMs: -11_500 },
  ],
])('writes %s', (text, outcome) => {
  expect(cacheStatus(outcome)).toBe(text);
});
