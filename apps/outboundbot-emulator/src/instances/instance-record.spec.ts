import { describe, expect, it } from 'vitest';

import { toInstanceRecords } from './instance-record.js';
import { sampleInstances } from './sample-instances.js';

describe('a list of instances from JSON', () => {
  it('accepts the samples, null fields, large integers and unknown fields', () => {
    expect(toInstanceRecords(sampleInstances)).toEqual(sampleInstances);
    const list = [{ InstanceId: 'a', OwnerName: null, CreatorId: 2n ** 62n, NluProfile: { SecretKey: 'x' } }];
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
  ])('refuses %j and names the instance and the field', (value, message) => {
    expect(() => toInstanceRecords(value)).toThrow(message);
  });
});
