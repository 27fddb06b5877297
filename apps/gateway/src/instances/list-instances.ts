import { type InstanceList, listInstances as action, type ListInstancesQuery } from '@app/outboundbot-client';

import type { Operation } from '../upstream/operation.js';
import { toListedInstanceDto } from './instance.mapper.js';
import type { ListedInstanceDto } from './listed-instance.dto.js';

/** Reads the snapshot of all instances, from which each caller gets the part that it asks for and may read. */
export const listInstances: Operation<ListInstancesQuery, InstanceList, readonly ListedInstanceDto[]> = {
  action,
  // Gateways with different settings may share a Redis.
  cacheKey: ({ resourceGroupId = '' }) => resourceGroupId,
  toDto: ({ instances }) => [...instances.values()].map(toListedInstanceDto),
};
