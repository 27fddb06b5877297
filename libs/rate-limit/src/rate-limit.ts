import { type GuardedRedis, NO_ANSWER } from '@app/redis-store';
import { LRUCache } from 'lru-cache';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';

export interface RateLimitOptions {
  /** How many requests a caller may make in a window. */
  readonly requests: number;
  /** The length of the window in seconds. It begins with the caller's first request. */
  readonly windowS: number;
}

/** The state of a caller's window after a request. */
export interface Quota {
  readonly exceeded: boolean;
  readonly remaining: number;
  /** Milliseconds until the window ends. */
  readonly resetMs: number;
}

/** The counters of one limit: those of this process, and those that the replicas share. */
interface Limiters {
  readonly memory: RateLimiterMemory;
  readonly shared: RateLimiterRedis | undefined;
}

/** How many limits of callers' own have counters in this process. Beyond it, the least used one starts anew. */
const MAX_OWN_LIMITS = 1000;

/**
 * Limits how many requests a caller may make in a window of time. With Redis, the replicas share the count. While Redis
 * does not answer, each replica counts on its own.
 */
export class RateLimit {
  private readonly general: Limiters;
  private readonly own = new LRUCache<string, Limiters>({ max: MAX_OWN_LIMITS });

  /**
   * @param options the limit of every caller that has none of its own
   * @param namespace separates gateways with different upstream endpoints that share one Redis
   */
  constructor(
    readonly options: RateLimitOptions,
    private readonly namespace: string,
    private readonly redis?: GuardedRedis,
  ) {
    this.general = this.createLimiters(options);
  }

  /**
   * Counts one request of a caller. Never rejects.
   *
   * @param limit the limit of this caller
   */
  async take(caller: string, limit: RateLimitOptions = this.options): Promise<Quota> {
    const { memory, shared } = limit === this.options ? this.general : this.limitersFor(limit);
    const quota = this.redis && shared ? await this.redis.run(() => consume(shared, caller)) : NO_ANSWER;
    return quota === NO_ANSWER ? consume(memory, caller) : quota;
  }

  /** Callers with equal limits share the limiters, and so do the callers of a reloaded file with those of the file before. */
  private limitersFor(limit: RateLimitOptions): Limiters {
    const name = `${limit.requests}/${limit.windowS}`;
    let limiters = this.own.get(name);
    if (!limiters) {
      limiters = this.createLimiters(limit);
      this.own.set(name, limiters);
    }
    return limiters;
  }

  private createLimiters({ requests, windowS }: RateLimitOptions): Limiters {
    const limits = { points: requests, duration: windowS };
    return {
      memory: new RateLimiterMemory(limits),
      shared:
        this.redis &&
        new RateLimiterRedis({
          ...limits,
          storeClient: this.redis.client,
          keyPrefix: `outboundbot-gateway:1:${this.namespace}:rate`,
          // A caller over the limit is rejected without asking Redis until the window ends.
          inMemoryBlockOnConsumed: requests,
        }),
    };
  }
}

/** @throws Error only if the store failed */
async function consume(limiter: RateLimiterMemory | RateLimiterRedis, caller: string): Promise<Quota> {
  try {
    return quotaOf(await limiter.consume(caller), false);
  } catch (rejection) {
    // The library rejects with a result, not an Error, when the limit is exceeded.
    if (rejection instanceof RateLimiterRes) return quotaOf(rejection, true);
    throw rejection;
  }
}

function quotaOf({ remainingPoints, msBeforeNext }: RateLimiterRes, exceeded: boolean): Quota {
  return { exceeded, remaining: Math.max(0, remainingPoints), resetMs: Math.max(0, msBeforeNext) };
}
