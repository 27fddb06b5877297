import { Reflector } from '@nestjs/core';

/** Marks a controller whose routes show nothing of an instance: they need no credential and have no rate limit. */
export const OpenToAll = Reflector.createDecorator({ transform: () => true });
