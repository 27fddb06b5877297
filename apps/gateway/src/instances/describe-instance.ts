import {
  type DescribedInstance,
  describeInstance as action,
  type DescribeInstanceQuery,
} from '@app/outboundbot-client';

import type { Operation } from '../upstream/operation.js';
import type { InstanceDto } from './instance.dto.js';
import { toInstanceDto } from './instance.mapper.js';

/** Reads one instance. */
export const describeInstance: Operation<DescribeInstanceQuery, DescribedInstance, InstanceDto> = {
  action,
  cacheKey: ({ instanceId }) => instanceId,
  toDto: toInstanceDto,
  notFound: 'instance-not-found',
};
