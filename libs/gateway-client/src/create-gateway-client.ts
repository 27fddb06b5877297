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
  /** The URL of the gateway, with its path if it has one. In a browser it may be relative: '/' is the page's origin. */
  readonly baseUrl: string;
  /** Default: the platform's `fetch`. */
  readonly fetch?: ((request: Request) => Promise<Response>) | undefined;
  /** How many instances the client keeps for conditional requests. Default: 100; 0 keeps none. */
  readonly maxRemembered?: number | undefined;
  /** The longest wait before the retry, in milliseconds. Default: 5000; 0 turns the retry off. */
  readonly maxRetryDelayMs?: number | undefined;
  /** Default: the system's clock. For tests. */
  readonly clock?: Clock | undefined;
  /** Default: `Math.random`. For tests. */
  readonly random?: (() => number) | undefined;
}

export interface ReadOptions {
  /** Cancels the call at any point. */
  readonly signal?: AbortSignal | undefined;
  /** Your id for the request, which the gateway logs: 1 to 128 characters of `A-Z a-z 0-9 . _ -`. */
  readonly requestId?: string | undefined;
}

export interface GatewayClient {
  /**
   * Reads one instance.
   *
   * @throws GatewayError, the signal's reason, or the error of your credential function
   */
  getInstance(id: string, options?: ReadOptions): Promise<Instance>;
}

/** @throws TypeError or RangeError if an option is invalid */
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
  // The client's memory replaces the browser's HTTP cache. With that cache, a first read could be answered without the
  // gateway checking the credentials, and instances would be stored on disk. Without the memory, the cache is used.
  const caching = { cache: maxRemembered > 0 ? 'no-store' : 'default' } as const;
  const http = createClient<paths>({
    baseUrl: resolveBaseUrl(baseUrl),
    ...(fetch === undefined ? {} : { fetch }),
    headers: { Accept: 'application/json' },
    // `fetch` would send the API key to the origin that a redirect names. The gateway never redirects this request.
    redirect: 'manual',
    // Spread, because Node's types of `fetch` do not have this member.
    ...caching,
  });

  /** Sends one request. Returns the answer with its body, which is parsed only if it is the JSON of an error. */
  async function send(id: string, { signal, requestId }: ReadOptions, etag?: string) {
    const headers = await credentialHeaders({ apiKey, accessToken }, signal);
    if (etag !== undefined) headers['If-None-Match'] = etag;
    try {
      const { response, data, error } = await http.GET('/instances/{id}', {
        params: { path: { id }, header: requestId === undefined ? {} : { 'X-Request-Id': requestId } },
        headers,
        // As text, because openapi-fetch drops an answer whose JSON is invalid.
        parseAs: 'text',
        signal: signal ?? null,
      });
      return { response, body: response.ok ? data : error };
    } catch (failure) {
      signal?.throwIfAborted();
      return readFailure(failure, requestId);
    }
  }

  /** Makes one attempt. */
  async function read(id: string, options: ReadOptions): Promise<Instance | GatewayError> {
    const known = memory.get(id);
    let answer = await send(id, options, known?.etag);
    if (!(answer instanceof GatewayError) && answer.response.status === 304) {
      // The gateway has just authorized this caller, so an instance that other credentials fetched may be returned.
      if (known) return known.instance;
      // A 304 without If-None-Match: a proxy on the way is wrong. Ask once more.
      answer = await send(id, options);
    }
    if (answer instanceof GatewayError) return answer;

    const { response, body } = answer;
    const instance = typeof body === 'string' && response.ok ? readInstance(body) : undefined;
    if (!instance) {
      if ([401, 403, 404].includes(response.status)) memory.delete(id);
      return readError(response, body, clock.now());
    }
    const etag = response.headers.get('ETag');
    if (etag !== null) memory.set(id, { etag, instance });
    return instance;
  }

  return {
    async getInstance(id, options = {}) {
      const { signal, requestId } = options;
      signal?.throwIfAborted();
      rejectUnsendable(id, requestId);

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
 * Rejects values that a request cannot carry, with the code that the gateway would use. An id cannot be empty, `.` or
 * `..` (which change the path, even percent-encoded), a lone surrogate, or anything but a string.
 */
function rejectUnsendable(id: unknown, requestId: string | undefined): void {
  if (typeof id !== 'string' || /^\.{0,2}$|\p{Cs}/u.test(id)) {
    throw new GatewayError('invalid-request', { detail: 'This id is not valid. No request was sent.' });
  }
  if (requestId !== undefined && !/^[\x21-\x7e]+$/.test(requestId)) {
    const detail = 'The request id has characters that an HTTP header cannot carry. No request was sent.';
    throw new GatewayError('invalid-request', { detail });
  }
}
