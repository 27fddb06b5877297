import { type CacheMode, cacheModes } from './cache-mode.js';
import { type Clock, systemClock } from './clock.js';
import { ConditionalReader } from './conditional-reader.js';
import type { Credentials } from './credentials.js';
import { EtagMemory } from './etag-memory.js';
import { type Fetch, platformFetch } from './fetch.js';
import type { GatewayClient } from './gateway-client.js';
import { createHttp } from './http.js';
import type { Instance } from './instance.js';
import type { InstancePage } from './instance-page.js';
import { iteratePages } from './iterate-pages.js';
import type { ListQuery } from './list-query.js';
import type { ReadOptions } from './read-options.js';
import { instanceResource, listResource } from './resources.js';
import type { WithFacts } from './response-facts.js';
import { RetryingReader } from './retrying-reader.js';

export interface GatewayClientOptions extends Credentials {
  /** The URL of the gateway, with its path if it has one. In a browser it may be relative: '/' is the page's origin. */
  readonly baseUrl: string;
  /** Default: the platform's `fetch`, as it is at the time of each request. */
  readonly fetch?: Fetch | undefined;
  /** How many instances and pages of lists the client keeps for conditional requests. Default: 100; 0 keeps none. */
  readonly maxRemembered?: number | undefined;
  /**
   * The `cache` of each request. Default: 'no-store' in a browser while the client remembers answers; elsewhere a request
   * has none, because only browsers have an HTTP cache.
   */
  readonly cache?: CacheMode | undefined;
  /**
   * How long a call may take in all, with its retry, in milliseconds. Then it rejects with the code `timeout`. Default: 10000,
   * twice the gateway's own deadline; 0 turns it off.
   */
  readonly timeoutMs?: number | undefined;
  /**
   * The longest wait before the retry, in milliseconds; 0 turns the retry off. Default: 6000, which leaves room for jitter
   * after a `Retry-After` of 5 seconds.
   */
  readonly maxRetryDelayMs?: number | undefined;
  /** Default: the system's clock. For tests. */
  readonly clock?: Clock | undefined;
  /** Default: `Math.random`. For tests. */
  readonly random?: (() => number) | undefined;
}

/** @throws TypeError or RangeError if an option is invalid */
export function createGatewayClient({
  baseUrl,
  apiKey,
  accessToken,
  fetch = platformFetch,
  maxRemembered = 100,
  cache,
  timeoutMs = 10_000,
  maxRetryDelayMs = 6000,
  clock = systemClock,
  random = Math.random,
}: GatewayClientOptions): GatewayClient {
  if (!(timeoutMs >= 0)) throw new RangeError('timeoutMs must not be negative.');
  if (!(maxRetryDelayMs >= 0)) throw new RangeError('maxRetryDelayMs must not be negative.');
  const conditionalReader = new ConditionalReader(
    createHttp(baseUrl),
    fetch,
    new EtagMemory(maxRemembered),
    clock,
    cacheModes(cache, maxRemembered > 0),
  );
  const reader = new RetryingReader(conditionalReader, {
    apiKey,
    accessToken,
    timeoutMs,
    maxRetryDelayMs,
    clock,
    random,
  });

  async function getInstanceWithFacts(id: string, options: ReadOptions = {}): Promise<WithFacts<Instance>> {
    options.signal?.throwIfAborted();
    return reader.read(instanceResource(id), options);
  }

  async function listInstancesWithFacts(
    query: ListQuery = {},
    options: ReadOptions = {},
  ): Promise<WithFacts<InstancePage>> {
    options.signal?.throwIfAborted();
    return reader.read(listResource(query), options);
  }

  const listInstances: GatewayClient['listInstances'] = async (query, options) =>
    (await listInstancesWithFacts(query, options)).data;

  return {
    getInstance: async (id, options) => (await getInstanceWithFacts(id, options)).data,
    getInstanceWithFacts,
    listInstances,
    listInstancesWithFacts,
    iterateInstances: (filter = {}, options = {}) => iteratePages(listInstances, filter, options),
  };
}
