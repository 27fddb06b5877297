import { campaignInstances } from './campaign-instances.js';
import type { InstanceRecord } from './instance-record.js';

// The vendor's page requests the second id and shows an answer with the first, which is no UUID: its first group has
// seven digits. Both exist here, so that the page's samples work without changes.
const sampleIds = ['90515b5-6115-4ccf-83e2-52d5bfaf2ddf', 'af81a389-91f0-4157-8d82-720edd02b66a'];

const describedSamples: readonly InstanceRecord[] = sampleIds.map((id) => ({
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

// The vendor's page about lists shows the first id again, with other fields. It asks for this resource group and this tag.
const listedSample: InstanceRecord = {
  CreationTime: 1578469042851,
  InstanceId: '5d0c7e1a-3f2b-4e86-9b47-c1a8d25f6e90',
  CreatorId: 34234,
  OwnerName: 'xxx',
  InstanceDescription: '这是一个实例',
  InstanceName: '回访',
  CreatorName: 'xxx',
  ResourceGroupId: 'rg-acfm3iugit3uw7a',
  MaxConcurrentConversation: 10,
  ResourceTags: [{ Key: 'age', Value: '20' }],
  IsPreset: false,
};

const presets = [
  {
    id: 'preset-satisfaction',
    name: '满意度调查（模板）',
    description: '系统预置：服务结束后的满意度调查',
  },
  {
    id: 'preset-appointment',
    name: 'Appointment reminder (template)',
    description: 'Provided by the system: reminds of an appointment',
  },
  { id: 'preset-notification', name: '通知类外呼（模板）', description: null },
];

const presetInstances = presets.map(({ id, name, description }, index): InstanceRecord => ({
  CreationTime: 1575158400000 + index,
  InstanceId: id,
  CreatorId: 0,
  OwnerName: 'system',
  InstanceDescription: description,
  InstanceName: name,
  CreatorName: 'system',
  ResourceGroupId: '90515b5-6115-4ccf-83e2-52d5bfaf2ddf',
  MaxConcurrentConversation: 1,
  IsPreset: true,
}));

/** The instances of an emulator that was given no others: the samples of the vendor's API pages first, 60 in all. */
export const sampleInstances: readonly InstanceRecord[] = [
  ...describedSamples,
  listedSample,
  ...presetInstances,
  ...campaignInstances,
];
