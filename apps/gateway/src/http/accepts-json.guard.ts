import type { IncomingMessage } from 'node:http';

import { Problem } from '@app/problem-details';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import accepts from 'accepts';
import type { FastifyRequest } from 'fastify';

/** Parameters of a media type, such as a charset: whoever takes JSON with some takes ours. The weight stays. */
const PARAMETERS = /;(?!\s*q\s*=)[^;,]*/gi;

/** Turns away callers who would not take JSON (RFC 9110, section 12.5.1). */
@Injectable()
export class AcceptsJsonGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<FastifyRequest>();
    if (headers.accept === undefined) return true;
    const accept = headers.accept.replace(PARAMETERS, '');
    const acceptable = accepts({ headers: { accept } } as IncomingMessage).type('application/json');
    if (acceptable === false) throw new Problem('not-acceptable');
    return true;
  }
}
