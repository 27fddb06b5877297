import { describe, expect, it } from 'vitest';

import { toInstanceRecords } from './instance-record.js';
import { sampleInstances } from './sample-instances.js';

describe('a list of instances from JSON', () => {
  it('accepts the samples, null fields, large integers and unknown fields', () => {
    expect(toInstanceRecords(sampleInstances)).toEqual(sampleInstances);
    const list = [{ InstanceId: 'a', OwnerName: null, CreatorId: 2n ** 62n, NluProfile: { SecretKey: 'x' } }];
    expect(toInstanceRecords(list)).toEqual(list);
  });

  it('accepts tags and presets, also as null or an empty list', () => {
    const list = [
      { InstanceId: 'a', ResourceTags: [{ Key: 'env', Value: '' }], IsPreset: true },
      { InstanceId: 'b', ResourceTags: null, IsPreset: null },
      { InstanceId: 'c', ResourceTags: [], IsPreset: false },
    ];
    expect(toInstanceRecords(list)).toEqual(list);
  });

  it.each<[unknown, string]>([
    [{}, 'The instances must be a JSON list.'],
    [[{ InstanceId: 'a' }, 'b'], 'instance 1 must be a JSON object'],
    [[null], 'instance 0 must be a JSON object'],
    [[{ OwnerName: 'x' }], 'instance 0: InstanceId must be a string'],
    [[{ InstanceId: '' }], 'instance 0: InstanceId must be a string'],
    [[{ InstanceId: 'a', CreatorId: '1' }], 'instance 0: CreatorId must be an integer'],
    [
      [{ InstanceId: 'a', MaxConcurrentConversation: 1.5 }],
      'instance 0: MaxConcurrentConversation must be an',
    ],
    [[{ InstanceId: 'a', OwnerName: 1 }], 'instance 0: OwnerName must be a string'],
    [[{ InstanceId: 'a', ResourceTags: { env: 'test' } }], 'instance 0: ResourceTags must be a list of tags'],
    [
      [{ InstanceId: 'a', ResourceTags: [{ Key: 'env' }] }],
      'instance 0: ResourceTags must be a list of tags',
    ],
    [[{ InstanceId: 'a', ResourceTags: [{ Key: '', Value: '' }] }], 'instance 0: ResourceTags must be'],
    [[{ InstanceId: 'a', ResourceTags: ['env'] }], 'such as [{"Key": "env", "Value": "test"}], null, or'],
    [[{ InstanceId: 'a', IsPreset: 'true' }], 'instance 0: IsPreset must be true, false, null, or left out'],
  ])('refuses %j and names the instance and the field', (value, message) => {
    expect(() => toInstanceRecords(value)).toThrow(message);
  });
});

describe('the sample instances', () => {
  it('are 60 with different ids, the two ids of the documentation first', () => {
    const ids = sampleInstances.map(({ InstanceId }) => InstanceId);
    expect(new Set(ids).size).toBe(60);
    expect(ids.slice(0, 2)).toEqual([
      '90515b5-6115-4ccf-83e2-52d5bfaf2ddf',
      'af81a389-91f0-4157-8d82-720edd02b66a',
    ]);
  });

  it('have three resource groups, three presets, 64-bit creator ids and no order of creation', () => {
    const groups = new Set(sampleInstances.map(({ ResourceGroupId }) => ResourceGroupId));
    expect(groups.size).toBe(3);
    expect(sampleInstances.filter(({ IsPreset }) => IsPreset)).toHaveLength(3);
    expect(sampleInstances.some(({ CreatorId }) => typeof CreatorId === 'bigint')).toBe(true);
    const times = sampleInstances.map(({ CreationTime }) => Number(CreationTime));
    expect(new Set(times).size).toBeGreaterThan(50);
    expect(times).not.toEqual([...times].sort((a, b) => a - b));
  });
});
