import {
  type CachedRead,
  cacheSource,
  cacheStatus,
  Freshness,
  matchesIfNoneMatch,
  ReadThroughCache,
  representationOf,
  valueOf,
} from '@app/http-cache';
import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { Credentials } from '../access/credentials.js';
import { onCallerGone } from '../http/response-closed.js';
import { varyOn } from '../http/vary.js';
import type { Operation } from './operation.js';
import { type UpstreamCall, type UpstreamFailure, UpstreamService } from './upstream.service.js';
import { upstreamProblem } from './upstream-problem.js';

/** Answers a request with what an operation reads, through the cache and with the headers of HTTP caching. */
@Injectable()
export class CachedResponseService {
  private readonly cacheControl: string;

  constructor(
    private readonly cache: ReadThroughCache<UpstreamFailure, UpstreamCall>,
    private readonly upstream: UpstreamService,
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
    view?: (dto: Dto) => unknown,
  ): Promise<void> {
    const read = await this.read(operation, query, reply);
    const status = cacheStatus(read.cache);
    request.reading = { source: cacheSource(read.cache), cache: status, attempts: read.ownCalls };
    if (read.kind !== 'found') throw upstreamProblem(read, operation.notFound, { 'cache-status': status });

    const { cache, entry, ageMs } = read;
    const { body, etag } = view ? representationOf(JSON.stringify(view(valueOf(entry) as Dto))) : entry;
    varyOn(reply, ...this.credentials.headers);
    reply.headers({ etag, 'cache-control': this.cacheControl, 'cache-status': status });
    // An Age says that the answer was not fetched for this request (RFC 9111, section 5.1).
    if (cache.kind === 'hit' || cache.staleTtlMs !== undefined) reply.header('age', Math.floor(ageMs / 1000));
    if (matchesIfNoneMatch(request.headers['if-none-match'], etag)) void reply.code(304).send();
    else void reply.type('application/json; charset=utf-8').send(body);
  }

  private read<Query, Value, Dto>(
    operation: Operation<Query, Value, Dto>,
    query: Query,
    reply: FastifyReply,
  ): CachedRead<UpstreamFailure, UpstreamCall> | Promise<CachedRead<UpstreamFailure, UpstreamCall>> {
    return this.cache.read(
      `${operation.action.name}:${operation.cacheKey(query)}`,
      (deadline, isWanted) => this.upstream.fetch(operation, query, deadline, isWanted),
      (leave) => {
        onCallerGone(reply, leave);
      },
    );
  }
}
