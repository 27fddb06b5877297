import type { ListedInstance } from '../instance-page.js';

/** An instance with at least an id. */
export type InstanceMembers = Partial<ListedInstance> & Pick<ListedInstance, 'instanceId'>;

/** Makes an instance. What is not given is null, and there are no tags. */
export function listedInstance(members: InstanceMembers): ListedInstance {
  return {
    instanceName: null,
    instanceDescription: null,
    maxConcurrentConversation: null,
    ownerName: null,
    creatorId: null,
    creatorName: null,
    creationTime: null,
    resourceGroupId: null,
    tags: [],
    isPreset: null,
    ...members,
  };
}
