import createClient from 'openapi-fetch';

import { resolveBaseUrl } from './base-url.js';
import { type Clock, systemClock } from './clock.js';
import { credentialHeaders, type Credentials } from './credentials.js';
import { GatewayError } from './gateway-error.js';
import type { paths } from './generated/paths.js';
import { type Instance, readInstance } from './instance.js';
import { InstanceMemory } from './instance-memory.js';
import { readError, readFailure } from './read-error.js';
import { retryDelayMs } from './retry.js';

export interface GatewayClientOptions extends Credentials {
  /** Where the gateway is, with a path if it has one. In a browser it may be relative; '/' is the page's own origin. */
  readonly baseUrl: string;
  /** The platform's by default. */
  readonly fetch?: ((request: Request) => Promise<Response>) | undefined;
  /** How many instances to remember for conditional requests, 100 by default; 0 for none. */
  readonly maxRemembered?: number | undefined;
  /** The longest wait before the one retry, in milliseconds, 5000 by default; 0 for no retry. */
  readonly maxRetryDelayMs?: number | undefined;
  /** The system's by default. */
  readonly clock?: Clock | undefined;
  /** `Math.random` by default. */
  readonly random?: (() => number) | undefined;
}

export interface ReadOptions {
  /** Ends the reading, whatever it waits for. */
  readonly signal?: AbortSignal | undefined;
  /** Your id for the request, 1 to 128 characters out of `A-Z a-z 0-9 . _ -`; the gateway's log has it. */
  readonly requestId?: string | undefined;
}

export interface GatewayClient {
  /**
   * Reads one instance.
   *
   * @throws GatewayError; the signal's reason; what a credential source throws
   */
  getInstance(id: string, options?: ReadOptions): Promise<Instance>;
}

/** @throws TypeError or RangeError for an option that cannot be meant */
export function createGatewayClient({
  baseUrl,
  apiKey,
  accessToken,
  fetch,
  maxRemembered = 100,
  maxRetryDelayMs = 5000,
  clock = systemClock,
  random = Math.random,
}: GatewayClientOptions): GatewayClient {
  if (!(maxRetryDelayMs >= 0)) throw new RangeError('maxRetryDelayMs must not be negative.');
  const memory = new InstanceMemory(maxRemembered);
  // One cache, not two. Where If-None-Match is set by hand a browser leaves its own aside anyway (Fetch Standard,
  // HTTP-network-or-cache fetch). Without this, the first reading of an id could still come out of it, unseen by the
  // gateway, and instances that only some may read would lie on disk. Who turns our memory off gets the browser's.
  const caching = { cache: maxRemembered > 0 ? 'no-store' : 'default' } as const;
  const http = createClient<paths>({
    baseUrl: resolveBaseUrl(baseUrl),
    ...(fetch === undefined ? {} : { fetch }),
    headers: { Accept: 'application/json' },
    // Fetch would send the key along to whatever origin a redirect names, and the gateway redirects no reading.
    redirect: 'manual',
    // Spread, as Node's own types of fetch do not know the member.
    ...caching,
  });

  /** One request, and what came of it: an answer with its body, parsed only if it is JSON of an error. */
  async function send(id: string, { signal, requestId }: ReadOptions, etag?: string) {
    const headers = await credentialHeaders({ apiKey, accessToken }, signal);
    if (etag !== undefined) headers['If-None-Match'] = etag;
    try {
      const { response, data, error } = await http.GET('/instances/{id}', {
        params: { path: { id }, header: requestId === undefined ? {} : { 'X-Request-Id': requestId } },
        headers,
        // As text, since openapi-fetch throws away an answer whose JSON it cannot read.
        parseAs: 'text',
        signal: signal ?? null,
      });
      return { response, body: response.ok ? data : error };
    } catch (failure) {
      signal?.throwIfAborted();
      return readFailure(failure, requestId);
    }
  }

  /** One attempt. */
  async function read(id: string, options: ReadOptions): Promise<Instance | GatewayError> {
    const known = memory.recall(id);
    let answer = await send(id, options, known?.etag);
    if (!(answer instanceof GatewayError) && answer.response.status === 304) {
      // The gateway has just let this caller read it, so that what another credential fetched may be given to this one.
      if (known) return known.instance;
      // Something between us and the gateway answers what was not asked.
      answer = await send(id, options);
    }
    if (answer instanceof GatewayError) return answer;

    const { response, body } = answer;
    const instance = typeof body === 'string' && response.ok ? readInstance(body) : undefined;
    if (!instance) {
      if ([401, 403, 404].includes(response.status)) memory.forget(id);
      return readError(response, body, clock.now());
    }
    const etag = response.headers.get('ETag');
    if (etag !== null) memory.remember(id, { etag, instance });
    return instance;
  }

  return {
    async getInstance(id, options = {}) {
      const { signal, requestId } = options;
      signal?.throwIfAborted();
      refuseUnsendable(id, requestId);

      let result = await read(id, options);
      if (result instanceof GatewayError) {
        const delayMs = retryDelayMs(result, maxRetryDelayMs, random);
        if (delayMs !== undefined) {
          await clock.sleep(delayMs, signal);
          signal?.throwIfAborted();
          result = await read(id, options);
        }
      }
      if (result instanceof GatewayError) throw result;
      return result;
    },
  };
}

/**
 * Says of what cannot be sent what the gateway would: nothing, dots (`..` is another path, however it is encoded) and
 * lone surrogates are no id, nor is what only a program without types hands in.
 */
function refuseUnsendable(id: unknown, requestId: string | undefined): void {
  if (typeof id !== 'string' || /^\.{0,2}$|\p{Cs}/u.test(id)) {
    throw new GatewayError('invalid-request', { detail: 'No instance can have this id. Nothing was sent.' });
  }
  if (requestId !== undefined && !/^[\x21-\x7e]+$/.test(requestId)) {
    const detail = 'The request id holds characters that no header can carry. Nothing was sent.';
    throw new GatewayError('invalid-request', { detail });
  }
}
