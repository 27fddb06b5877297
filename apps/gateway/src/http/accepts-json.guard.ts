import { Problem } from '@app/problem-details';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import accepts from 'accepts';
import type { FastifyRequest } from 'fastify';

/** Some clients name the charset, which then has to match too. */
const JSON_TYPES = ['application/json', 'application/json; charset=utf-8'];

/** Turns away callers who would not take JSON (RFC 9110, section 12.5.1). */
@Injectable()
export class AcceptsJsonGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { raw } = context.switchToHttp().getRequest<FastifyRequest>();
    if (accepts(raw).type(JSON_TYPES) === false) throw new Problem('not-acceptable');
    return true;
  }
}
