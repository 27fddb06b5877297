import type { Clock } from './clock.js';
import type { EtagMemory } from './etag-memory.js';
import { GatewayError } from './gateway-error.js';
import type { Http } from './http.js';
import { readError, readFailure } from './read-error.js';
import type { Resource, ResourceAnswer } from './resources.js';
import { readFacts, type WithFacts } from './response-facts.js';

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
    private readonly memory: EtagMemory,
    private readonly clock: Clock,
    private readonly cache: 'default' | 'no-store',
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
    const headers = {
      ...credentials,
      ...(requestId === undefined ? {} : { 'X-Request-Id': requestId }),
      ...this.cacheControl(fresh),
      ...(etag === undefined ? {} : { 'If-None-Match': etag }),
    };
    try {
      // As text, because openapi-fetch drops an answer whose JSON is invalid.
      return await resource.send(this.http, {
        headers,
        parseAs: 'text',
        signal,
        // A browser's cache obeys its own mode, not the header.
        cache: fresh && this.cache === 'default' ? 'no-cache' : this.cache,
      });
    } catch (failure) {
      signal.throwIfAborted();
      return readFailure(failure, requestId);
    }
  }

  /**
   * `fetch` adds `no-cache` to a request with the mode `no-store` that has no `Cache-Control` (Fetch Standard,
   * HTTP-network-or-cache fetch). That would bypass the gateway's cache too, so an ordinary read sends a directive that is
   * neutral for caches.
   */
  private cacheControl(fresh: boolean): Readonly<Record<string, string>> {
    if (fresh) return { 'Cache-Control': 'no-cache' };
    return this.cache === 'no-store' ? { 'Cache-Control': 'no-transform' } : {};
  }
}
