import { describe, expect, it } from 'vitest';

import { InstanceStore } from './instance-store.js';

describe('InstanceStore', () => {
  it('comes back to its seed after any changes', () => {
    const store = new InstanceStore([{ InstanceId: 'a', OwnerName: 'x' }]);
    store.put({ InstanceId: 'a', OwnerName: 'changed' });
    store.put({ InstanceId: 'b' });
    expect(store.list().map(({ InstanceId }) => InstanceId)).toEqual(['a', 'b']);
    store.reset();
    expect(store.list()).toEqual([{ InstanceId: 'a', OwnerName: 'x' }]);
  });

  it('is not changed through a record that went in or came out', () => {
    const store = new InstanceStore([]);
    const record = { InstanceId: 'a', OwnerName: 'x' };
    store.put(record);
    record.OwnerName = 'changed';
    store.get('a')!.OwnerName = 'changed';
    store.list()[0]!.OwnerName = 'changed';
    expect(store.get('a')).toEqual({ InstanceId: 'a', OwnerName: 'x' });
  });

  it('can find an instance by another id than the one that it answers', () => {
    const store = new InstanceStore([]);
    store.put({ InstanceId: 'answered', CreatorId: 205273937398494789n }, 'asked');
    expect(store.json('asked')).toBe('{"InstanceId":"answered","CreatorId":205273937398494789}');
    expect(store.get('answered')).toBeUndefined();
  });

  it('says whether there was something to delete', () => {
    const store = new InstanceStore([{ InstanceId: 'a' }]);
    expect([store.delete('a'), store.delete('a')]).toEqual([true, false]);
  });
});
