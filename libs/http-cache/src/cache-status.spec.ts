import { expect, it } from 'vitest';

import { type CacheOutcome, type CacheSource, cacheSource, cacheStatus } from './cache-status.js';

const forwarded = { kind: 'forwarded', reason: 'miss', collapsed: false } as const;

it.each<[string, CacheSource, CacheOutcome]>([
  ['hit; ttl=3', 'hit', { kind: 'hit', ttlMs: 3999, heldOff: false }],
  ['hit; ttl=0', 'hit', { kind: 'hit', ttlMs: 1, heldOff: false }],
  ['hit; ttl=0', 'stale', { kind: 'hit', ttlMs: 0, heldOff: false }],
  ['hit; ttl=-1', 'stale', { kind: 'hit', ttlMs: -1, heldOff: false }],
  ['hit; ttl=-1', 'stale-on-error', { kind: 'hit', ttlMs: -1, heldOff: true }],
  ['fwd=miss', 'miss', forwarded],
  ['fwd=miss; collapsed', 'collapsed', { ...forwarded, collapsed: true }],
  ['fwd=stale', 'miss', { ...forwarded, reason: 'stale' }],
  ['fwd=stale; ttl=-12', 'stale-on-error', { ...forwarded, reason: 'stale', servedTtlMs: -11_500 }],
])('writes %s, which is %s in a word', (text, source, outcome) => {
  expect(cacheStatus(outcome)).toBe(`outboundbot-gateway; ${text}`);
  expect(cacheSource(outcome)).toBe(source);
});
