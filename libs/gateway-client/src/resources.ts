import type { CacheMode } from './cache-mode.js';
import type { Fetch } from './fetch.js';
import type { Http } from './http.js';
import { type Instance, readInstance } from './instance.js';
import { type InstancePage, readInstancePage } from './instance-page.js';
import type { ListQuery } from './list-query.js';
import { rejectUnsendable } from './reject-unsendable.js';
import { serializeListQuery } from './serialize-list-query.js';

/** What a request has beside the resource. */
export interface ResourceRequest {
  readonly headers: Record<string, string>;
  readonly parseAs: 'text';
  readonly signal: AbortSignal;
  readonly fetch: Fetch;
  readonly cache?: CacheMode;
}

/** The text of a success is in `data`; the parsed JSON or the text of an error is in `error`. */
export interface ResourceAnswer {
  readonly response: Response;
  readonly data?: string;
  readonly error?: unknown;
}

/** What the client asks the gateway for: one instance, or one page of the list. */
export interface Resource<Value> {
  /** The path and the query of the URL. */
  readonly path: string;
  readonly send: (http: Http, request: ResourceRequest) => Promise<ResourceAnswer>;
  /** Reads the body of a 200. Undefined if the body is something else. */
  readonly read: (body: string) => Value | undefined;
}

/**
 * @throws GatewayError `invalid-request` if a URL cannot carry the id. An id cannot be empty, `.` or `..` (which change
 * the path, even percent-encoded), a lone surrogate, or anything but a string.
 */
export function instanceResource(id: string): Resource<Instance> {
  rejectUnsendable('id', id, /^\.{0,2}$|\p{Cs}/u);
  return {
    path: `/instances/${encodeURIComponent(id)}`,
    send: (http, init) => http.GET('/instances/{id}', { ...init, params: { path: { id } } }),
    read: readInstance,
  };
}

/** @throws GatewayError `invalid-request` if a URL cannot carry the query */
export function listResource(query: ListQuery): Resource<InstancePage> {
  const search = serializeListQuery(query);
  return {
    path: `/instances${search === '' ? '' : `?${search}`}`,
    send: (http, init) => http.GET('/instances', { ...init, querySerializer: () => search }),
    read: readInstancePage,
  };
}
