import { describe, expect, it } from 'vitest';

import { CallLog, type CallRecord } from './call-log.js';

function call(instanceId: string | null, at = 0): CallRecord {
  const rest = {
    action: 'DescribeInstance',
    method: 'POST',
    signature: 'V3',
    nonce: 'n',
    requestId: 'r',
  } as const;
  return { instanceId, at, accept: null, ...rest };
}

describe('CallLog', () => {
  it('counts all calls and the calls for one instance', () => {
    const calls = new CallLog();
    for (const id of ['a', 'b', 'a', null]) calls.record(call(id));
    expect([calls.count(), calls.count('a'), calls.count('c')]).toEqual([4, 2, 0]);
    expect(calls.summary()).toMatchObject({ total: 4, byInstance: { a: 2, b: 1 } });
  });

  it('counts the calls of each action, whether they target an instance or not', () => {
    const calls = new CallLog();
    calls.record(call('a'));
    calls.record({ ...call(null), action: 'ListInstances' });
    calls.record({ ...call(null), action: null });
    expect([calls.countByAction('ListInstances'), calls.countByAction('Other')]).toEqual([1, 0]);
    expect(calls.summary()).toMatchObject({
      total: 3,
      byAction: { DescribeInstance: 1, ListInstances: 1 },
    });
  });

  it('counts every call although it keeps only the last 1,000', () => {
    const calls = new CallLog();
    for (let at = 0; at < 4321; at += 1) calls.record(call('a', at));
    expect(calls.count('a')).toBe(4321);
    expect(calls.list()).toHaveLength(1000);
    expect([calls.list()[0]?.at, calls.list().at(-1)?.at]).toEqual([3321, 4320]);
  });

  it('sets every count to zero when it is cleared', () => {
    const calls = new CallLog();
    calls.record(call('a'));
    calls.clear();
    expect(calls.summary()).toEqual({ total: 0, byInstance: {}, byAction: {}, calls: [] });
  });
});
