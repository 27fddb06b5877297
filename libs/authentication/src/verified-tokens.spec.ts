import { FakeClock } from '@app/resilience/testing';
import { beforeEach, describe, expect, it } from 'vitest';

import type { Caller } from './caller.js';
import { ALL_INSTANCES } from './read-access.js';
import { VerifiedTokens } from './verified-tokens.js';

const KEYS = {};
const HOUR_MS = 3_600_000;
const caller: Caller = { id: 'subject:a', ...ALL_INSTANCES };

describe('verified tokens', () => {
  let clock: FakeClock;
  let tokens: VerifiedTokens;
  beforeEach(() => {
    clock = new FakeClock();
    tokens = new VerifiedTokens(clock);
    tokens.find('any', KEYS);
  });
  const add = (token: string, lifeMs = HOUR_MS, patterns = 1, keys = KEYS): void => {
    tokens.add(token, keys, { caller, expiresAt: clock.wallTime() + lifeMs, patterns });
  };
  const kept = (count: number): number => {
    const names = Array.from({ length: count }, (_, n) => `token-${n}`);
    return names.filter((name) => tokens.find(name, KEYS) !== undefined).length;
  };

  it('are found with their caller, and others are not', () => {
    add('one');
    expect(tokens.find('one', KEYS)).toBe(caller);
    expect(tokens.find('two', KEYS)).toBeUndefined();
    expect(tokens.find('', KEYS)).toBeUndefined();
  });

  it('are forgotten at the moment in which they expire', () => {
    add('one', 1000);
    clock.advance(999);
    expect(tokens.find('one', KEYS)).toBe(caller);
    clock.advance(1);
    expect(tokens.find('one', KEYS)).toBeUndefined();
  });

  it('are forgotten after five minutes, however often they are used', () => {
    add('one');
    clock.advance(299_999);
    expect(tokens.find('one', KEYS)).toBe(caller);
    clock.advance(1);
    expect(tokens.find('one', KEYS)).toBeUndefined();
  });

  it('are forgotten when the keys change, also when the former keys come back', () => {
    add('one');
    expect(tokens.find('one', {})).toBeUndefined();
    expect(tokens.find('one', KEYS)).toBeUndefined();
  });

  it('are not remembered when the keys have changed during the verification', () => {
    const newKeys = {};
    tokens.find('other', newKeys);
    add('one');
    expect(tokens.find('one', newKeys)).toBeUndefined();
  });

  it('are at most 10000, and the one that was not used for longest makes room', () => {
    for (let n = 0; n < 10_000; n += 1) add(`token-${n}`);
    tokens.find('token-0', KEYS);
    add('one more');
    expect(tokens.find('one more', KEYS)).toBe(caller);
    expect(tokens.find('token-0', KEYS)).toBe(caller);
    expect(tokens.find('token-1', KEYS)).toBeUndefined();
    expect(kept(10_000)).toBe(9999);
  });

  it('are fewer if they are long or have many patterns, so that they take at most 16 MiB', () => {
    for (let n = 0; n < 1000; n += 1) add(`token-${n}`, HOUR_MS, 1000);
    expect(kept(1000)).toBe(138);
    const long = 'x'.repeat(16_000);
    for (let n = 0; n < 2000; n += 1) add(`${long}${n}`);
    expect(tokens.find(`${long}1999`, KEYS)).toBe(caller);
    expect(tokens.find(`${long}999`, KEYS)).toBeUndefined();
  });
});
