import { describe, expect, it } from 'vitest';

import { type CallTarget, FaultScript } from './fault-script.js';

function callFor(instanceId: string): CallTarget {
  return { action: 'DescribeInstance', instanceId };
}

describe('FaultScript', () => {
  it('takes faults in order of addition and moves on when one is used up', () => {
    const faults = new FaultScript();
    faults.add([{ kind: 'error', code: 'InternalError', times: 2 }, { kind: 'hang' }]);
    const kinds = [1, 2, 3, 4].map(() => faults.take(callFor('a'))?.kind);
    expect(kinds).toEqual(['error', 'error', 'hang', 'hang']);
  });

  it('passes over a fault for another instance', () => {
    const faults = new FaultScript();
    faults.add({ kind: 'hang', instanceId: 'b', times: 1 });
    expect(faults.take(callFor('a'))).toBeUndefined();
    expect(faults.take(callFor('b'))?.kind).toBe('hang');
    expect(faults.take(callFor('b'))).toBeUndefined();
  });

  it('passes over a fault for another action', () => {
    const faults = new FaultScript();
    faults.add({ kind: 'hang', action: 'DescribeInstance', times: 1 });
    expect(faults.take({ action: 'ListInstances', instanceId: undefined })).toBeUndefined();
    expect(faults.take(callFor('a'))?.kind).toBe('hang');
    expect(faults.take(callFor('a'))).toBeUndefined();
  });

  it('requires both the action and the instance when a fault names both', () => {
    const faults = new FaultScript();
    faults.add({ kind: 'hang', action: 'DescribeInstance', instanceId: 'a' });
    expect(faults.take({ action: 'ListInstances', instanceId: 'a' })).toBeUndefined();
    expect(faults.take(callFor('b'))).toBeUndefined();
    expect(faults.take(callFor('a'))?.kind).toBe('hang');
  });

  it('passes over a fault for an instance when the call targets no instance', () => {
    const faults = new FaultScript();
    const call = { action: 'ListInstances', instanceId: undefined };
    faults.add([
      { kind: 'instance', instance: null, instanceId: 'a' },
      { kind: 'quota', calls: 0, windowMs: 1000, instanceId: 'a' },
    ]);
    expect(faults.take(call)).toBeUndefined();
    faults.add({ kind: 'hang' });
    expect(faults.take(call)?.kind).toBe('hang');
  });

  it('counts in a quota only the calls of its action', () => {
    const faults = new FaultScript();
    faults.add({ kind: 'quota', calls: 1, windowMs: 1000, action: 'DescribeInstance' });
    const list = { action: 'ListInstances', instanceId: undefined };
    expect([faults.take(list, 0), faults.take(callFor('a'), 0), faults.take(list, 0)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(faults.take(callFor('a'), 0)).toMatchObject({ code: 'Throttling.User' });
  });

  it('applies a paging fault to calls of ListInstances only', () => {
    const faults = new FaultScript();
    faults.add({ kind: 'paging', maxPageSize: 3, times: 1 });
    expect(faults.take(callFor('a'))).toBeUndefined();
    expect(faults.take({ action: 'ListInstances', instanceId: undefined })?.kind).toBe('paging');
    expect(faults.list()).toEqual([]);
  });

  it('lists how many calls each fault has left', () => {
    const faults = new FaultScript();
    faults.add({ kind: 'hang', times: 2 });
    faults.add({ kind: 'truncate' });
    faults.take(callFor('a'));
    expect(faults.list()).toEqual([
      { kind: 'hang', times: 2, remaining: 1 },
      { kind: 'truncate', remaining: null },
    ]);
    faults.clear();
    expect(faults.list()).toEqual([]);
  });

  it('throttles the calls beyond a quota until its window ends', () => {
    const faults = new FaultScript();
    faults.add([{ kind: 'quota', calls: 2, windowMs: 1000 }, { kind: 'truncate' }]);
    const take = (at: number) => faults.take(callFor('a'), at);
    expect([take(5000), take(5600)].map((fault) => fault?.kind)).toEqual(['truncate', 'truncate']);
    expect(take(5601)).toEqual({ kind: 'error', code: 'Throttling.User', retryAfter: '399' });
    expect(take(5999)).toMatchObject({ retryAfter: '1' });
    expect(take(6000)?.kind).toBe('truncate');
  });

  it('counts only throttled calls as affected by a quota', () => {
    const faults = new FaultScript();
    faults.add({
      kind: 'quota',
      calls: 1,
      windowMs: 1000,
      code: 'QpsLimitExceeded',
      instanceId: 'a',
      times: 1,
    });
    expect(faults.take(callFor('b'), 0)).toBeUndefined();
    expect(faults.take(callFor('a'), 0)).toBeUndefined();
    expect(faults.list()).toMatchObject([{ remaining: 1 }]);
    expect(faults.take(callFor('a'), 0)).toMatchObject({
      code: 'QpsLimitExceeded',
    });
    expect(faults.take(callFor('a'), 0)).toBeUndefined();
  });

  it('applies a forget fault to connections that were idle for afterMs, and to no call', () => {
    const faults = new FaultScript();
    faults.add([
      { kind: 'forget', afterMs: 100, by: 'silence', times: 1 },
      { kind: 'forget', afterMs: 50 },
    ]);
    expect(faults.take(callFor('a'))).toBeUndefined();
    expect(faults.takeForgotten(-Infinity)).toBeUndefined();
    expect(faults.takeForgotten(49)).toBeUndefined();
    expect(faults.takeForgotten(99)).toBe('reset');
    expect(faults.takeForgotten(100)).toBe('silence');
    expect(faults.takeForgotten(100)).toBe('reset');
  });
});
