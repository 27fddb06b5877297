import { type GuardedRedis, NO_ANSWER } from '@app/redis-store';
import type { Clock } from '@app/resilience';
import { LRUCache } from 'lru-cache';

import type { Quota, RateLimitOptions } from './caller-window.js';
import { MemoryWindows } from './memory-windows.js';
import { takeShared } from './shared-windows.js';

/** The most callers that are known to be beyond their limit in Redis. More of them only cost questions to Redis. */
const MAX_BLOCKED = 10_000;

/**
 * Limits how many requests a caller may make in a sliding window of time. With Redis, the replicas share the count. While
 * Redis does not answer, each replica counts on its own.
 */
export class RateLimit {
  /** Also holds what this replica has accepted with Redis, so that a failure of Redis gives no caller a second quota here. */
  private readonly memory: MemoryWindows;
  /** When callers beyond their limit may make a request again. Until then Redis is not asked. */
  private readonly blockedUntil = new LRUCache<string, number>({ max: MAX_BLOCKED });

  /**
   * @param options the limit of every caller that has none of its own
   * @param namespace begins all names of keys in Redis
   * @param onRejected called when a count in Redis is a value that no gateway has written
   */
  constructor(
    readonly options: RateLimitOptions,
    private readonly namespace: string,
    private readonly clock: Clock,
    private readonly redis?: GuardedRedis,
    private readonly onRejected: () => void = () => undefined,
  ) {
    this.memory = new MemoryWindows(clock);
  }

  /**
   * Counts one request of a caller: at once without Redis. Never rejects.
   *
   * @param limit the limit of this caller, which may differ from call to call
   */
  take(caller: string, limit: RateLimitOptions = this.options): Quota | Promise<Quota> {
    return this.redis ? this.takeFrom(this.redis, caller, limit) : this.memory.take(caller, limit);
  }

  private async takeFrom(redis: GuardedRedis, caller: string, limit: RateLimitOptions): Promise<Quota> {
    return (await this.takeShared(caller, limit, redis)) ?? this.memory.take(caller, limit);
  }

  /** Undefined while Redis does not answer. */
  private async takeShared(
    caller: string,
    limit: RateLimitOptions,
    redis: GuardedRedis,
  ): Promise<Quota | undefined> {
    const blockedMs = (this.blockedUntil.get(caller) ?? 0) - this.clock.now();
    if (blockedMs > 0) return { exceeded: true, remaining: 0, resetMs: blockedMs };
    const key = `${this.namespace}:requests:${caller}`;
    const answer = await redis.run('count', (client) => takeShared(client, key, limit));
    if (answer === NO_ANSWER) return undefined;
    const { rejected, ...quota } = answer;
    if (rejected) this.onRejected();
    if (quota.exceeded) this.blockedUntil.set(caller, this.clock.now() + quota.resetMs);
    else this.memory.take(caller, limit);
    return quota;
  }
}
