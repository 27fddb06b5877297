import { describe, expect, it } from 'vitest';

import { InstanceStore } from './instance-store.js';

describe('InstanceStore', () => {
  it('restores its seed on reset', () => {
    const store = new InstanceStore([{ InstanceId: 'a', OwnerName: 'x' }]);
    store.put({ InstanceId: 'a', OwnerName: 'changed' });
    store.put({ InstanceId: 'b' });
    expect(store.list().map(({ InstanceId }) => InstanceId)).toEqual(['a', 'b']);
    store.reset();
    expect(store.list()).toEqual([{ InstanceId: 'a', OwnerName: 'x' }]);
  });

  it('is not changed by changes to a record that was stored or returned', () => {
    const store = new InstanceStore([]);
    const record = { InstanceId: 'a', OwnerName: 'x' };
    store.put(record);
    record.OwnerName = 'changed';
    store.get('a')!.OwnerName = 'changed';
    store.list()[0]!.OwnerName = 'changed';
    expect(store.get('a')).toEqual({ InstanceId: 'a', OwnerName: 'x' });
  });

  it('finds an instance by an id that differs from its InstanceId', () => {
    const store = new InstanceStore([]);
    store.put({ InstanceId: 'answered', CreatorId: 205273937398494789n }, 'asked');
    expect(store.json('asked')).toBe('{"InstanceId":"answered","CreatorId":205273937398494789}');
    expect(store.get('answered')).toBeUndefined();
  });

  it('returns whether it deleted an instance', () => {
    const store = new InstanceStore([{ InstanceId: 'a' }]);
    expect([store.delete('a'), store.delete('a')]).toEqual([true, false]);
  });
});
