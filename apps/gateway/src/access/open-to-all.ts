import { Reflector } from '@nestjs/core';

/** Whether requests to the open routes count for the limit of their address. */
export type Openness = 'limited' | 'unlimited';

/**
 * Marks a controller whose routes show nothing of an instance, and so need no credential. Their requests count for the limit
 * of their address, unless they are marked as unlimited.
 */
export const OpenToAll = Reflector.createDecorator<Openness | undefined, Openness | undefined>({
  transform: (openness) => openness ?? 'limited',
});
