import { Problem, requestPath } from '@app/problem-details';
import type { FastifyInstance } from 'fastify';

/**
 * Answers what no route takes: 404, or for a path that has routes 405 with `Allow`, and 204 to OPTIONS. It does so
 * before a body would be parsed, and for the methods too that Fastify's router does not know.
 */
export function answerUnroutedRequests(server: FastifyInstance): void {
  const routes: { readonly path: RegExp; readonly methods: string[] }[] = [];

  server.addHook('onRoute', ({ url, method }) => {
    routes.push({ path: matcherOf(url), methods: [method].flat() });
  });
  server.addHook('onRequest', (request, reply, done) => {
    if (!request.is404) {
      done();
      return;
    }
    // As the router reads it, which takes %69nstances for instances.
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

/** The paths of a route template: `:name` is one non-empty segment, `*` is anything. */
function matcherOf(template: string): RegExp {
  const pattern = template
    .replace(/[.+?^${}()|[\]\\]/g, String.raw`\$&`)
    .replace(/:\w+/g, '[^/]+')
    .replace(/\*/g, '.*');
  return new RegExp(`^${pattern}$`);
}
