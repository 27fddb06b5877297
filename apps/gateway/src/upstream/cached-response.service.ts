import {
  type CachedRead,
  cacheSource,
  cacheStatus,
  Freshness,
  matchesIfNoneMatch,
  ReadThroughCache,
  requestDirectives,
} from '@app/http-cache';
import type { CallRecord } from '@app/outboundbot-client';
import { varyOn } from '@app/problem-details';
import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { callerName } from '../access/caller-name.js';
import { Credentials } from '../access/credentials.js';
import { onCallerGone } from '../http/response-closed.js';
import { cacheKeyOf } from './cache-key.js';
import type { Operation } from './operation.js';
import { type UpstreamFailure, UpstreamService } from './upstream.service.js';
import { upstreamProblem } from './upstream-problem.js';
import type { View } from './view.js';
import { type RenderedView, ViewCache } from './view-cache.js';

const JSON_TYPE = 'application/json; charset=utf-8';

/** Answers a request with what an operation reads, through the cache and with the headers of HTTP caching. */
@Injectable()
export class CachedResponseService {
  private readonly cacheControl: string;

  constructor(
    private readonly cache: ReadThroughCache<UpstreamFailure, CallRecord>,
    private readonly upstream: UpstreamService,
    private readonly views: ViewCache,
    private readonly credentials: Credentials,
    freshness: Freshness,
  ) {
    this.cacheControl = freshness.cacheControl(credentials.areRequired ? 'private' : 'public');
  }

  /**
   * Sends 200 with the value, or 304 if the caller already has it (RFC 9110, section 13.1.2).
   *
   * @param view what this caller sees of the value, for example the items that it may read. Without it, all callers get
   * the same bytes, which are made once for each cache entry
   * @throws {Problem} if there is no value to send
   */
  async send<Query, Value, Dto>(
    operation: Operation<Query, Value, Dto>,
    query: Query,
    request: FastifyRequest,
    reply: FastifyReply,
    view?: View<Dto>,
  ): Promise<void> {
    const key = cacheKeyOf(operation, query);
    const reading = this.read(key, operation, query, request, reply);
    // A hit is no promise: awaiting it would cost two.
    const read = reading instanceof Promise ? await reading : reading;
    const { cache, calls } = read;
    const status = cacheStatus(cache);
    const isCollapsed = cache.kind === 'forwarded' && cache.collapsed;
    request.reading = { source: cacheSource(cache), cache: status, attempts: isCollapsed ? [] : calls };
    if (read.kind !== 'found') throw upstreamProblem(read, operation.notFound, { 'cache-status': status });

    const { entry, ageMs } = read;
    const { body, etag, headers, content }: RenderedView = view ? this.views.render(key, entry, view) : entry;
    varyOn(reply, ...this.credentials.headers);
    reply.headers({ etag, 'cache-control': this.cacheControl, 'cache-status': status });
    if (headers) reply.headers(headers);
    // An Age says that the answer was not fetched for this request (RFC 9111, section 5.1).
    const isStored = cache.kind === 'hit' || (cache.kind === 'forwarded' && cache.servedTtlMs !== undefined);
    if (isStored) reply.header('age', Math.floor(ageMs / 1000));
    if (content) return content.send(request, reply, JSON_TYPE);
    if (matchesIfNoneMatch(request.headers['if-none-match'], etag)) void reply.code(304).send();
    else void reply.type(JSON_TYPE).send(body);
  }

  private read<Query, Value, Dto>(
    key: string,
    operation: Operation<Query, Value, Dto>,
    query: Query,
    request: FastifyRequest,
    reply: FastifyReply,
  ): CachedRead<UpstreamFailure, CallRecord> | Promise<CachedRead<UpstreamFailure, CallRecord>> {
    return this.cache.read(
      key,
      (callers) => this.upstream.fetch(operation, query, callers),
      // A refresh in the background takes the turn of this caller too: else a caller with many stale entries would have
      // two turns, and would delay the refreshes that other callers started.
      () => ({
        flow: callerName(request),
        onGone: (leave) => {
          onCallerGone(reply, leave);
        },
      }),
      requestDirectives(request.headers['cache-control']),
      operation.action.next !== undefined,
    );
  }
}
