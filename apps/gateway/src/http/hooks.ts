import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import type { Connections } from './connections.js';
import type {} from './request-context.js';

type RequestHook = (request: FastifyRequest, reply: FastifyReply) => void;
type ResponseHook = (request: FastifyRequest, reply: FastifyReply) => void;
type SendHook = (request: FastifyRequest, reply: FastifyReply, payload: unknown) => void;

/**
 * Synchronous hooks with the names of Fastify. They run in the order in which they were added. All hooks of one name
 * share one Fastify hook: a Fastify hook for each of them would make a cached answer 5% more expensive (docs/adr/0011).
 */
export class Hooks {
  private readonly requestHooks: RequestHook[] = [];
  private readonly sendHooks: SendHook[] = [];
  private readonly responseHooks: ResponseHook[] = [];

  /**
   * Adds a hook that runs before the guards of the route. An exception in the hook becomes the answer to the request.
   */
  onRequest(hook: RequestHook): void {
    this.requestHooks.push(hook);
  }

  /** Adds a hook that runs before the response is sent. */
  onSend(hook: SendHook): void {
    this.sendHooks.push(hook);
  }

  /** Adds a hook that runs after the response was sent. It does not run if the caller disconnects first. */
  onResponse(hook: ResponseHook): void {
    this.responseHooks.push(hook);
  }

  addTo(server: FastifyInstance, connections: Connections): void {
    server.addHook('onRequest', (request, reply, done) => {
      connections.answerInTurn(request.raw, reply.raw, () => {
        try {
          for (const hook of this.requestHooks) hook(request, reply);
        } catch (error) {
          done(error as Error);
          return;
        }
        done();
      });
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
