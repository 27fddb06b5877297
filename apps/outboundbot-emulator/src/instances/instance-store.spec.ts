import { describe, expect, it } from 'vitest';

import { InstanceStore } from './instance-store.js';

describe('InstanceStore', () => {
  it('restores the instances of the start on reset', () => {
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

  it('leaves tags and presets out of the JSON of one instance, and keeps them in lists', () => {
    const store = new InstanceStore([]);
    store.put({ InstanceId: 'a', ResourceTags: [], IsPreset: true, CreatorId: 205273937398494789n });
    expect(store.json('a')).toBe('{"InstanceId":"a","CreatorId":205273937398494789}');
    expect(store.page(() => true, 0, 1).json).toEqual([
      '{"InstanceId":"a","ResourceTags":[],"IsPreset":true,"CreatorId":205273937398494789}',
    ]);
  });

  it('pages the instances that match a filter in order of addition, and counts them on all pages', () => {
    const store = new InstanceStore(['a1', 'b1', 'a2', 'a3'].map((id) => ({ InstanceId: id })));
    store.put({ InstanceId: 'a1', OwnerName: 'changed' });
    const isA = ({ InstanceId }: { InstanceId: string }): boolean => InstanceId.startsWith('a');
    expect(store.page(isA, 0, 2)).toEqual({
      json: ['{"InstanceId":"a1","OwnerName":"changed"}', '{"InstanceId":"a2"}'],
      total: 3,
    });
    expect(store.page(isA, 2, 2)).toEqual({ json: ['{"InstanceId":"a3"}'], total: 3 });
    expect(store.page(isA, 4, 2)).toEqual({ json: [], total: 3 });
  });

  it('returns whether it deleted an instance', () => {
    const store = new InstanceStore([{ InstanceId: 'a' }]);
    expect([store.delete('a'), store.delete('a')]).toEqual([true, false]);
  });
});
