import { Problem, requestPath } from '@app/problem-details';
import type { FastifyInstance } from 'fastify';

import type { AddressLimit } from './address-limit.js';

/**
 * Answers requests that match no route: 404 for an unknown path; for a known path 405 with `Allow`, or 204 to OPTIONS.
 * This happens before a body is parsed, and also for methods that Fastify's router does not know.
 */
export function answerUnroutedRequests(server: FastifyInstance, limit: AddressLimit): void {
  const routes: { readonly path: RegExp; readonly methods: string[] }[] = [];

  server.addHook('onRoute', ({ url, method }) => {
    routes.push({ path: matcherOf(url), methods: [method].flat() });
  });
  server.addHook('onRequest', (request, reply, done) => {
    if (!request.is404) {
      done();
      return;
    }
    const refusal = limit.count(request, reply);
    if (refusal) {
      done(refusal);
      return;
    }
    // The router decodes the path too: `/%69nstances` is `/instances`.
    const path = decodeURI(requestPath(request.url));
    const methods = routes.filter((route) => route.path.test(path)).flatMap((route) => route.methods);
    if (methods.length === 0) {
      done(new Problem('route-not-found'));
      return;
    }
    const allow = [...new Set([...methods, 'OPTIONS'])].sort().join(', ');
    if (request.method === 'OPTIONS') void reply.code(204).header('allow', allow).send();
    else done(new Problem('method-not-allowed', { headers: { allow } }));
  });
}

/** Matches the paths of a route template, in which `:name` stands for one non-empty segment and `*` for any text. */
function matcherOf(template: string): RegExp {
  const pattern = template
    .replace(/[.+?^${}()|[\]\\]/g, String.raw`\$&`)
    .replace(/:\w+/g, '[^/]+')
    .replace(/\*/g, '.*');
  return new RegExp(`^${pattern}$`);
}
