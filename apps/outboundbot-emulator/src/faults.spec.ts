import { describe, expect, it } from 'vitest';

import { FaultScript } from './faults.js';

describe('FaultScript', () => {
  it('strikes in order of addition and moves on when a fault is used up', () => {
    const faults = new FaultScript();
    faults.add([{ kind: 'error', code: 'InternalError', times: 2 }, { kind: 'hang' }]);
    const kinds = [1, 2, 3, 4].map(() => faults.take('a')?.kind);
    expect(kinds).toEqual(['error', 'error', 'hang', 'hang']);
  });

  it('passes over a fault that is meant for another instance', () => {
    const faults = new FaultScript();
    faults.add({ kind: 'hang', instanceId: 'b', times: 1 });
    expect(faults.take('a')).toBeUndefined();
    expect(faults.take('b')?.kind).toBe('hang');
    expect(faults.take('b')).toBeUndefined();
  });

  it('tells how many calls each fault has left', () => {
    const faults = new FaultScript();
    faults.add({ kind: 'hang', times: 2 });
    faults.add({ kind: 'truncate' });
    faults.take('a');
    expect(faults.list()).toEqual([
      { kind: 'hang', times: 2, remaining: 1 },
      { kind: 'truncate', remaining: null },
    ]);
    faults.clear();
    expect(faults.list()).toEqual([]);
  });
});
