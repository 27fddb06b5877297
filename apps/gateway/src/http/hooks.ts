import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import type { Connections } from './connections.js';
import type {} from './request-context.js';

type Hook = (request: FastifyRequest, reply: FastifyReply) => void;

/**
 * Synchronous hooks, which run in the order in which they were added. All hooks of one kind share one Fastify hook or one
 * listener: one for each of them would make a cached answer more expensive (docs/adr/0011).
 */
export class Hooks {
  private readonly requestHooks: Hook[] = [];
  private readonly sendHooks: Hook[] = [];
  private readonly closeHooks: Hook[] = [];

  /**
   * Adds a hook that runs before the guards of the route. An exception in the hook becomes the answer to the request.
   */
  onRequest(hook: Hook): void {
    this.requestHooks.push(hook);
  }

  /** Adds a hook that runs before the response is sent. */
  onSend(hook: Hook): void {
    this.sendHooks.push(hook);
  }

  /**
   * Adds a hook that runs when the response has been sent, or can no longer be sent. Fastify's `onResponse` does not run if the
   * caller disconnects first.
   */
  onClose(hook: Hook): void {
    this.closeHooks.push(hook);
  }

  addTo(server: FastifyInstance, connections: Connections): void {
    server.addHook('onRequest', (request, reply, done) => {
      const carryOut = (): void => {
        try {
          for (const hook of this.requestHooks) hook(request, reply);
        } catch (error) {
          done(error as Error);
          return;
        }
        done();
      };
      connections.answerInTurn(request.raw, reply.raw, carryOut, () => {
        for (const hook of this.closeHooks) hook(request, reply);
      });
    });
    server.addHook('onSend', (request, reply, _payload, done) => {
      for (const hook of this.sendHooks) hook(request, reply);
      done();
    });
  }
}
