import type { DescribedInstance, ListedInstance } from '@app/outboundbot-client';

import type { InstanceDto } from './instance.dto.js';
import type { ListedInstanceDto } from './listed-instance.dto.js';

/** Renames the upstream's fields to the API's. The values stay as they are. */
export function toInstanceDto(instance: DescribedInstance): InstanceDto {
  return {
    instanceId: instance.InstanceId,
    instanceName: instance.InstanceName,
    instanceDescription: instance.InstanceDescription,
    maxConcurrentConversation: instance.MaxConcurrentConversation,
    ownerName: instance.OwnerName,
    creatorId: instance.CreatorId,
    creatorName: instance.CreatorName,
    creationTime: instance.CreationTime,
    resourceGroupId: instance.ResourceGroupId,
  };
}

export function toListedInstanceDto(instance: ListedInstance): ListedInstanceDto {
  return Object.assign(toInstanceDto(instance), {
    tags: instance.ResourceTags.map(({ Key, Value }) => ({ key: Key, value: Value })),
    isPreset: instance.IsPreset,
  });
}
