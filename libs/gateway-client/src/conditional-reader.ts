import type { CacheModes } from './cache-mode.js';
import type { Clock } from './clock.js';
import type { EtagMemory } from './etag-memory.js';
import type { Fetch } from './fetch.js';
import { GatewayError } from './gateway-error.js';
import type { Http } from './http.js';
import { isRecord } from './json.js';
import { readError, readFailure, readSetupFailure } from './read-error.js';
import type { Resource, ResourceAnswer } from './resources.js';
import { readFacts, type WithFacts } from './response-facts.js';

/**
 * `fetch` adds `no-cache` to a request without `Cache-Control` if its mode is `no-store` or if it has `If-None-Match` (Fetch
 * Standard, HTTP-network-or-cache fetch). That would bypass the gateway's cache too, so an ordinary read sends a directive
 * that is neutral for caches.
 */
const NEUTRAL = { 'Cache-Control': 'no-transform' };

/** Everything that a request sends beside its path. */
export interface RequestToSend {
  readonly credentials: Readonly<Record<string, string>>;
  readonly requestId: string | undefined;
  /** Whether every cache on the way must ask the next one for a new answer. */
  readonly fresh: boolean;
  readonly signal: AbortSignal;
}

/** Reads a resource with one request. With a remembered ETag the request is conditional (RFC 9110, section 13). */
export class ConditionalReader {
  constructor(
    private readonly http: Http,
    private readonly fetch: Fetch,
    private readonly memory: EtagMemory,
    private readonly clock: Clock,
    private readonly cacheModes: CacheModes,
  ) {}

  async read<Value>(
    resource: Resource<Value>,
    request: RequestToSend,
  ): Promise<WithFacts<Value> | GatewayError> {
    const known = this.memory.get(resource.path);
    let answer = await this.send(resource, request, known?.etag);
    if (!(answer instanceof GatewayError) && answer.response.status === 304) {
      // The gateway has just authorized this caller, so an answer that other credentials fetched may be returned. The path
      // determines the type of the value.
      if (known) return { data: known.value as Value, facts: readFacts(answer.response.headers) };
      // A 304 without If-None-Match: a proxy on the way is wrong. Ask once more.
      answer = await this.send(resource, request);
    }
    if (answer instanceof GatewayError) return answer;

    const { response, data, error } = answer;
    const read = response.ok && data !== undefined ? resource.read(data) : undefined;
    if (read === undefined) {
      if ([401, 403, 404].includes(response.status)) this.memory.delete(resource.path);
      return readError(response, error, this.clock.now());
    }
    const etag = response.headers.get('ETag');
    if (etag !== null) this.memory.set(resource.path, { etag, value: read });
    return { data: read, facts: readFacts(response.headers) };
  }

  private async send(
    resource: Resource<unknown>,
    { credentials, requestId, fresh, signal }: RequestToSend,
    etag?: string,
  ): Promise<ResourceAnswer | GatewayError> {
    const cache = fresh ? this.cacheModes.fresh : this.cacheModes.ordinary;
    const headers = {
      ...credentials,
      ...(requestId === undefined ? {} : { 'X-Request-Id': requestId }),
      ...(fresh ? { 'Cache-Control': 'no-cache' } : {}),
      ...(!fresh && (cache === 'no-store' || etag !== undefined) ? NEUTRAL : {}),
      ...(etag === undefined ? {} : { 'If-None-Match': etag }),
    };
    const progress = { isMade: false };
    // A browser's `fetch` cannot be called as a method of another object.
    const { fetch } = this;
    try {
      // As text, because openapi-fetch drops an answer whose JSON is invalid.
      return await resource.send(this.http, {
        headers,
        parseAs: 'text',
        signal,
        fetch: (made) => {
          const answer = fetch(made);
          progress.isMade = true;
          return answer;
        },
        ...(cache === undefined ? {} : { cache }),
      });
    } catch (failure) {
      signal.throwIfAborted();
      if (isControlFlow(failure)) throw failure;
      if (!progress.isMade) return readSetupFailure(failure, requestId);
      return readFailure(failure, requestId);
    }
  }
}

/** Next.js stops the rendering of a page by errors with a `digest`, which its `fetch` throws and which must reach it. */
function isControlFlow(failure: unknown): boolean {
  return isRecord(failure) && typeof failure['digest'] === 'string';
}
