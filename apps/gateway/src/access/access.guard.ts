import { Problem } from '@app/problem-details';
import { RateLimit, rateLimitFields, secondsUntil } from '@app/rate-limit';
import { type CanActivate, type ExecutionContext, Injectable, type Type } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { AddressLimit } from '../http/address-limit.js';
import { callerName } from './caller-name.js';
import { Credentials } from './credentials.js';
import { type Openness, OpenToAll } from './open-to-all.js';
import { rejectionProblem } from './rejection-problem.js';

/**
 * Authenticates the caller, then rate-limits it, before every route that is not {@link OpenToAll}. The routes
 * themselves check what the caller may read. Requests to open routes only count for the limit of their address.
 *
 * A request with a valid credential counts for its caller, against the caller's own limit if there is one. Every other
 * request counts for its address. Beyond the limit of the address, the answer to a wrong credential is 429 and no longer
 * 401. So an attacker who guesses credentials does not lock out the valid callers of the same address.
 */
@Injectable()
export class AccessGuard implements CanActivate {
  private readonly openness = new Map<Type, Openness | undefined>();

  constructor(
    private readonly reflector: Reflector,
    private readonly credentials: Credentials,
    private readonly limit: RateLimit,
    private readonly addressLimit: AddressLimit,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const openness = this.opennessOf(context.getClass());
    if (openness !== undefined) {
      const refusal = openness === 'limited' && this.addressLimit.count(request, http.getResponse());
      if (refusal) throw refusal;
      return true;
    }
    return this.admit(request, http.getResponse());
  }

  /** Remembered for each controller: looking up metadata takes 2.7% of a cached answer (docs/adr/0011). */
  private opennessOf(controller: Type): Openness | undefined {
    if (!this.openness.has(controller))
      this.openness.set(controller, this.reflector.get(OpenToAll, controller));
    return this.openness.get(controller);
  }

  /** Without waiting where nothing has to be waited for: a promise costs as much as the check of an API key. */
  private admit(request: FastifyRequest, reply: FastifyReply): true | Promise<true> {
    return andThen(this.credentials.verify(request.headers), (verdict) => {
      if ('caller' in verdict) request.caller = verdict.caller;
      return andThen(this.count(request, reply), () => {
        if (verdict.kind !== 'accepted') throw rejectionProblem(verdict, this.credentials.headers);
        return true;
      });
    });
  }

  private count(request: FastifyRequest, reply: FastifyReply): void | Promise<void> {
    const limit = request.caller?.rateLimit ?? this.limit.options;
    if (limit.requests === 0) return;
    return andThen(this.limit.take(callerName(request), limit), (quota) => {
      reply.headers(rateLimitFields(limit, quota));
      if (quota.exceeded)
        throw new Problem('too-many-requests', { retryAfterS: secondsUntil(quota.resetMs) });
    });
  }
}

/** Goes on with a value: at once, or when the promise for it is fulfilled. */
function andThen<Value, Result>(
  value: Value | Promise<Value>,
  goOn: (value: Value) => Result | Promise<Result>,
): Result | Promise<Result> {
  return value instanceof Promise ? value.then(goOn) : goOn(value);
}
