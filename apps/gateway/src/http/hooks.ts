import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/**
 * What is done with every request, by moment. Nothing here waits for anything; what is thrown on arrival is what the
 * request is answered with.
 */
export interface Hooks {
  /** Before its route's guards. */
  readonly onArrival?: (request: FastifyRequest, reply: FastifyReply) => void;
  /** Its answer is about to be sent. */
  readonly onSend?: (request: FastifyRequest, reply: FastifyReply, payload: unknown) => void;
  /** Its answer has left. It does not come for who hangs up. */
  readonly onSent?: (request: FastifyRequest) => void;
}

/** Adds them in this order, as one Fastify hook for each moment: every further one costs every request (docs/adr/0011). */
export function addHooks(server: FastifyInstance, hooks: readonly Hooks[]): void {
  const onArrival = hooks.flatMap((each) => each.onArrival ?? []);
  const onSend = hooks.flatMap((each) => each.onSend ?? []);
  const onSent = hooks.flatMap((each) => each.onSent ?? []);
  server.addHook('onRequest', (request, reply, done) => {
    for (const hook of onArrival) hook(request, reply);
    done();
  });
  server.addHook('onSend', (request, reply, payload, done) => {
    for (const hook of onSend) hook(request, reply, payload);
    done();
  });
  server.addHook('onResponse', (request, _reply, done) => {
    for (const hook of onSent) hook(request);
    done();
  });
}
