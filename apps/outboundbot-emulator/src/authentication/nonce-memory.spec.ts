import { describe, expect, it } from 'vitest';

import { NonceMemory } from './nonce-memory.js';

const minute = 60_000;

describe('NonceMemory', () => {
  it('refuses a used nonce for 15 minutes and accepts it again afterwards', () => {
    const nonces = new NonceMemory();
    expect(nonces.use('a', 0)).toBe(true);
    expect(nonces.use('a', 15 * minute)).toBe(false);
    expect(nonces.use('a', 15 * minute + 1)).toBe(true);
  });

  it('forgets nonces that are older than 15 minutes', () => {
    const nonces = new NonceMemory();
    for (let call = 0; call < 10_000; call += 1) nonces.use(String(call), call * 1000);
    expect(nonces.size).toBe(901);
  });

  it('forgets the oldest nonce when its capacity is reached', () => {
    const nonces = new NonceMemory(3);
    for (const nonce of ['a', 'b', 'c', 'd']) nonces.use(nonce, 0);
    expect(nonces.size).toBe(3);
    expect(nonces.use('d', 0)).toBe(false);
    expect(nonces.use('a', 0)).toBe(true);
  });
});
