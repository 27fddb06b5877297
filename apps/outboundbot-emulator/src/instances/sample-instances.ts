import type { InstanceRecord } from './instance-record.js';

// The vendor's page requests the second id and shows an answer with the first, which is no UUID: its first group has
// seven digits. Both exist here, so that the page's samples work without changes.
const sampleIds = ['90515b5-6115-4ccf-83e2-52d5bfaf2ddf', 'af81a389-91f0-4157-8d82-720edd02b66a'];

/** The default seed: the sample answer of the vendor's API page. */
export const sampleInstances: readonly InstanceRecord[] = sampleIds.map((id) => ({
  CreationTime: 1578469042851,
  InstanceId: id,
  CreatorId: 435986,
  OwnerName: 'xxxx',
  InstanceDescription: '這個是第一個實例',
  InstanceName: '第一個實例',
  CreatorName: 'xxx',
  ResourceGroupId: '90515b5-6115-4ccf-83e2-52d5bfaf2ddf',
  MaxConcurrentConversation: 4,
}));
