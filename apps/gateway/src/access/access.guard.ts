import type { Caller } from '@app/authentication';
import { Problem } from '@app/problem-details';
import { RateLimit, rateLimitFields, secondsUntil } from '@app/rate-limit';
import { type CanActivate, type ExecutionContext, Injectable, Optional } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { callerAddress } from './caller-address.js';
import { ANYONE, Credentials } from './credentials.js';
import { isOpenToAll } from './open-to-all.js';
import { refusal } from './refusal.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks. There for every route that is not open to all. */
    caller?: Caller;
  }
}

/**
 * Lets nobody get to a route who has not proved who they are, nor more often than they may; what they may read there is
 * for the route to ask. It stands before every route that is not {@link OpenToAll}.
 *
 * Whoever fails to prove who they are is counted by address, and beyond the limit does not even learn that. The right
 * credential still counts by its own name: one who guesses must not lock out all who share an address.
 */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly credentials: Credentials,
    @Optional() private readonly limit?: RateLimit,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    if (isOpenToAll(context.getClass())) return true;
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    if (this.credentials.areRequired || this.limit) return this.admit(request, http.getResponse());
    request.caller = ANYONE;
    return true;
  }

  private async admit(request: FastifyRequest, reply: FastifyReply): Promise<true> {
    const verdict = await this.credentials.verify(request.headers);
    if ('caller' in verdict) request.caller = verdict.caller;
    if (this.limit) await this.count(this.limit, request, reply);
    if (verdict.kind !== 'accepted') throw refusal(verdict, this.credentials.headers);
    return true;
  }

  private async count(limit: RateLimit, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const quota = await limit.take(request.caller?.id ?? callerAddress(request));
    reply.headers(rateLimitFields(limit.options, quota));
    if (quota.exceeded) throw new Problem('too-many-requests', { retryAfterS: secondsUntil(quota.resetMs) });
  }
}
