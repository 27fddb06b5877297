import type { Caller } from '@app/authentication';
import { Problem } from '@app/problem-details';
import { RateLimit, rateLimitFields, secondsUntil } from '@app/rate-limit';
import { type CanActivate, type ExecutionContext, Injectable, Optional } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { callerAddress } from './caller-address.js';
import { Credentials } from './credentials.js';
import { OPEN_TO_ALL } from './open-to-all.js';
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
    private readonly reflector: Reflector,
    private readonly credentials: Credentials,
    @Optional() private readonly limit?: RateLimit,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (this.reflector.get<boolean | undefined>(OPEN_TO_ALL, context.getClass())) return true;
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const verdict = await this.credentials.verify(request.headers);
    if ('caller' in verdict) request.caller = verdict.caller;
    await this.count(request, http.getResponse<FastifyReply>());
    if (verdict.kind !== 'accepted') throw refusal(verdict, this.credentials.headers);
    return true;
  }

  private async count(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    if (!this.limit) return;
    const quota = await this.limit.take(request.caller?.id ?? callerAddress(request));
    reply.headers(rateLimitFields(this.limit.options, quota));
    if (quota.exceeded) throw new Problem('too-many-requests', { retryAfterS: secondsUntil(quota.resetMs) });
  }
}
