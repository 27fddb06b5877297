import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

type RequestHook = (request: FastifyRequest, reply: FastifyReply) => void;
type SendHook = (request: FastifyRequest, reply: FastifyReply, payload: unknown) => void;

/**
 * Synchronous hooks under Fastify's names. They run in the order in which they are added, as one Fastify hook for each
 * name: one for each of ours would cost a cached answer 5% more (docs/adr/0011).
 */
export class Hooks {
  private readonly requestHooks: RequestHook[] = [];
  private readonly sendHooks: SendHook[] = [];
  private readonly responseHooks: RequestHook[] = [];

  /** Before the guards of the route. An exception is the answer to the request. */
  onRequest(hook: RequestHook): void {
    this.requestHooks.push(hook);
  }

  /** Before the response is sent. */
  onSend(hook: SendHook): void {
    this.sendHooks.push(hook);
  }

  /** After the response was sent. Not called if the caller disconnects first. */
  onResponse(hook: RequestHook): void {
    this.responseHooks.push(hook);
  }

  addTo(server: FastifyInstance): void {
    server.addHook('onRequest', (request, reply, done) => {
      for (const hook of this.requestHooks) hook(request, reply);
      done();
    });
    server.addHook('onSend', (request, reply, payload, done) => {
      for (const hook of this.sendHooks) hook(request, reply, payload);
      done();
    });
    server.addHook('onResponse', (request, reply, done) => {
      for (const hook of this.responseHooks) hook(request, reply);
      done();
    });
  }
}
