import { Problem } from '@app/problem-details';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import Negotiator from 'negotiator';

/**
 * Matches the parameters of a media type except its weight. Other parameters, such as a charset, have no meaning for
 * JSON.
 */
const PARAMETERS = /;(?!\s*q\s*=)[^;,]*/gi;

/** Rejects callers that do not accept JSON (RFC 9110, section 12.5.1). */
@Injectable()
export class AcceptsJsonGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { accept } = context.switchToHttp().getRequest<FastifyRequest>().headers;
    if (accept === undefined) return true;
    const negotiator = new Negotiator({ headers: { accept: accept.replace(PARAMETERS, '') } });
    if (negotiator.mediaType(['application/json']) === undefined) throw new Problem('not-acceptable');
    return true;
  }
}
