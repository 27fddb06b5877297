import { type GuardedRedis, NO_ANSWER } from '@app/redis-store';
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

/**
 * Limits how many requests a caller may make in a window of time. With Redis, the replicas share the count. While Redis
 * does not answer, each replica counts on its own.
 */
export class RateLimit {
  private readonly memory: RateLimiterMemory;
  private readonly shared: { readonly redis: GuardedRedis; readonly limiter: RateLimiterRedis } | undefined;

  /** @param namespace separates gateways with different upstream endpoints that share one Redis */
  constructor(
    readonly options: RateLimitOptions,
    namespace: string,
    redis?: GuardedRedis,
  ) {
    const limits = { points: options.requests, duration: options.windowS };
    this.memory = new RateLimiterMemory(limits);
    this.shared = redis && {
      redis,
      limiter: new RateLimiterRedis({
        ...limits,
        storeClient: redis.client,
        keyPrefix: `outboundbot-gateway:1:${namespace}:rate`,
        // A caller over the limit is rejected without asking Redis until the window ends.
        inMemoryBlockOnConsumed: options.requests,
      }),
    };
  }

  /** Counts one request of a caller. Never rejects. */
  async take(caller: string): Promise<Quota> {
    const { shared } = this;
    const quota = shared ? await shared.redis.run(() => consume(shared.limiter, caller)) : NO_ANSWER;
    return quota === NO_ANSWER ? consume(this.memory, caller) : quota;
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
