import { type GuardedRedis, NO_ANSWER } from '@app/redis-store';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';

export interface RateLimitOptions {
  /** How many requests a caller may make in a window. */
  readonly requests: number;
  /** How long a window is, in seconds; it begins with the caller's first request. */
  readonly windowS: number;
}

/** What a caller has left after a request. */
export interface Quota {
  readonly exceeded: boolean;
  readonly remaining: number;
  /** When the window ends, in milliseconds. */
  readonly resetMs: number;
}

/**
 * Limits how many requests a caller makes in a window of time. With a Redis the replicas count together; while it does
 * not answer, each counts for itself.
 */
export class RateLimit {
  private readonly memory: RateLimiterMemory;
  private readonly shared: { readonly redis: GuardedRedis; readonly limiter: RateLimiterRedis } | undefined;

  /** @param namespace separates the counts of different gateways in one Redis */
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
        // Who is over the limit is turned away without asking Redis again, until the window ends.
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

/** @throws Error only if the store did not do its work */
async function consume(limiter: RateLimiterMemory | RateLimiterRedis, caller: string): Promise<Quota> {
  try {
    return quotaOf(await limiter.consume(caller), false);
  } catch (refusal) {
    // This library throws what is no error.
    if (refusal instanceof RateLimiterRes) return quotaOf(refusal, true);
    throw refusal;
  }
}

function quotaOf({ remainingPoints, msBeforeNext }: RateLimiterRes, exceeded: boolean): Quota {
  return { exceeded, remaining: Math.max(0, remainingPoints), resetMs: Math.max(0, msBeforeNext) };
}
