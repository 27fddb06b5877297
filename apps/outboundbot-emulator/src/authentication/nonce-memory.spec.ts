import { describe, expect, it } from 'vitest';

import { NonceMemory } from './nonce-memory.js';

const minute = 60_000;

describe('NonceMemory', () => {
  it('refuses a nonce for 15 minutes and takes it again afterwards', () => {
    const nonces = new NonceMemory();
    expect(nonces.spend('a', 0)).toBe(true);
    expect(nonces.spend('a', 15 * minute)).toBe(false);
    expect(nonces.spend('a', 15 * minute + 1)).toBe(true);
  });

  it('drops what is too old, so that it does not grow with the number of calls', () => {
    const nonces = new NonceMemory();
    for (let call = 0; call < 10_000; call += 1) nonces.spend(String(call), call * 1000);
    expect(nonces.size).toBe(901);
  });

  it('never holds more than its capacity', () => {
    const nonces = new NonceMemory(3);
    for (const nonce of ['a', 'b', 'c', 'd']) nonces.spend(nonce, 0);
    expect(nonces.size).toBe(3);
    expect(nonces.spend('d', 0)).toBe(false);
    expect(nonces.spend('a', 0)).toBe(true);
  });
});
