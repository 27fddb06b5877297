import { Problem } from '@app/problem-details';
import { MemoryWindows, rateLimitFields, type RateLimitOptions, secondsUntil } from '@app/rate-limit';
import type { Clock } from '@app/resilience';
import type { FastifyReply, FastifyRequest } from 'fastify';

import type { Settings } from '../settings/settings.js';
import { addressGroup } from './address-group.js';
import { clientAddress } from './client-address.js';

/** How many times the limit of a caller. No person reads so many pages, also where several share an address. */
const FACTOR = 20;

/**
 * Limits the requests of an address that need no credential and that no other limit counts: those to open routes, to unknown
 * paths, with unserved methods, and malformed ones. Replicas count separately: the limit protects the process, and a
 * question to Redis would cost more than the answer.
 */
export class AddressLimit {
  private readonly windows: MemoryWindows;

  constructor(
    private readonly limit: RateLimitOptions,
    clock: Clock,
  ) {
    this.windows = new MemoryWindows(clock);
  }

  static fromSettings({ rateLimit: { requests, windowS } }: Settings, clock: Clock): AddressLimit {
    return new AddressLimit({ requests: FACTOR * requests, windowS }, clock);
  }

  /**
   * Counts a request for its address. Beyond the limit it returns the answer, the only one with the RateLimit fields:
   * caches may share the others.
   */
  count(request: FastifyRequest, reply: FastifyReply): Problem | undefined {
    if (this.limit.requests === 0) return undefined;
    const quota = this.take(clientAddress(request));
    if (!quota.exceeded) return undefined;
    reply.headers(rateLimitFields(this.limit, quota));
    return new Problem('too-many-requests', { retryAfterS: secondsUntil(quota.resetMs) });
  }

  /** Counts bytes that are not a request for the address of their connection. Returns whether they are too many. */
  isExceededBy(address: string | undefined): boolean {
    return this.limit.requests > 0 && this.take(address).exceeded;
  }

  private take(address: string | undefined): ReturnType<MemoryWindows['take']> {
    return this.windows.take(addressGroup(address) ?? 'unknown', this.limit);
  }
}
