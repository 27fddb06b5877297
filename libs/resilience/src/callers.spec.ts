import { describe, expect, it } from 'vitest';

import { Caller, Callers } from './callers.js';
import { Deadline } from './deadline.js';
import { rejectedBy, type Rejection } from './rejection.js';
import { FakeClock } from './testing/fake-clock.js';

const caller = (flow: string, reject?: (rejection: Rejection) => void): Caller =>
  new Caller(flow, Deadline.after(1000, new FakeClock()), reject);
const flowsOf = ({ all }: Callers): string => all.map(({ flow }) => flow).join('');

function setUp() {
  const [a, b] = [caller('a'), caller('b')];
  const callers = new Callers(a);
  callers.join(b);
  return { a, b, callers };
}

describe('the callers of a call', () => {
  it('want it until all have left, also after the first one has left', () => {
    const { a, b, callers } = setUp();
    callers.leave(a);
    expect(callers.isWanted).toBe(true);
    callers.leave(b);
    expect(callers.isWanted).toBe(false);
  });

  it('want it again when another one joins after all have left', () => {
    const { a, b, callers } = setUp();
    for (const each of [a, b]) callers.leave(each);
    callers.join(caller('c'));
    expect(callers.isWanted).toBe(true);
    expect(flowsOf(callers)).toBe('c');
  });

  it('are those that wait, beginning with the one that has waited longest', () => {
    const { a, callers } = setUp();
    expect(flowsOf(callers)).toBe('ab');
    expect(callers.first.flow).toBe('a');
    callers.leave(a);
    expect(flowsOf(callers)).toBe('b');
    expect(callers.first.flow).toBe('b');
  });

  it('are the last one that left, when all have', () => {
    const { a, b, callers } = setUp();
    for (const each of [b, a, b]) callers.leave(each);
    expect(flowsOf(callers)).toBe('a');
    expect(callers.first.flow).toBe('a');
  });

  it('tell of each that joins', () => {
    const { callers } = setUp();
    const joined: string[] = [];
    callers.onJoin = ({ flow }) => joined.push(flow);
    callers.join(caller('c'));
    expect(joined).toStrictEqual(['c']);
  });

  it('can be rejected one by one', () => {
    const { callers } = setUp();
    const rejections: Rejection[] = [];
    const c = caller('c', (rejection) => rejections.push(rejection));
    callers.join(c);
    const rejection = rejectedBy('concurrency-limit', 1000);
    callers.reject(c, rejection);
    expect(rejections).toStrictEqual([rejection]);
    expect(flowsOf(callers)).toBe('ab');
  });
});
