import type { FastifyInstance } from 'fastify';

import type { ActionRegistry } from './actions/action.js';
import type { CallLog } from './call-log.js';
import type { Fault } from './faults/fault.js';
import { describeFaultErrors, faultListSchema } from './faults/fault-schema.js';
import type { FaultScript } from './faults/fault-script.js';
import { InvalidInstanceError, toInstanceRecord } from './instances/instance-record.js';
import type { InstanceStore } from './instances/instance-store.js';
import { parseJson, writeJson } from './protocol/json.js';

/** The state that the steering API reads and changes. */
export interface SteeredState {
  readonly actions: ActionRegistry;
  readonly instances: InstanceStore;
  readonly faults: FaultScript;
  readonly calls: CallLog;
  readonly reset: () => void;
}

/** Thrown for a wrong steering request. The message says what to change. */
class SteeringError extends Error {
  constructor(
    readonly statusCode: number,
    message: string,
  ) {
    super(message);
  }
}

/** A Fastify plugin with the routes that control the emulator. They need no signature. */
export function steeringRoutes({ actions, instances, faults, calls, reset }: SteeredState) {
  return function steering(app: FastifyInstance, _options: object, done: () => void): void {
    // Every content type is read as JSON, because `curl -d` declares a form.
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, parsed) => {
      try {
        parsed(null, body === '' ? undefined : parseJson(String(body)));
      } catch (error) {
        parsed(new SteeringError(400, `The body must be JSON: ${messageOf(error)}`));
      }
    });
    app.setReplySerializer(writeJson);
    app.setErrorHandler<Error & { statusCode?: number }>((error, _request, reply) =>
      reply.code(error.statusCode ?? 500).send({ message: error.message }),
    );
    app.setNotFoundHandler((request, reply) =>
      reply.code(404).send({
        message: `There is no ${request.method} ${request.url}. The routes are GET /_emulator/instances, PUT and DELETE /_emulator/instances/{id}, POST, GET and DELETE /_emulator/faults, GET and DELETE /_emulator/calls, POST /_emulator/reset, GET /_emulator/health.`,
      }),
    );

    app.get('/health', () => ({ status: 'ok' }));

    app.get('/instances', () => instances.list());
    app.put<{ Params: { id: string } }>('/instances/:id', (request) => {
      const { id } = request.params;
      const body = isObject(request.body) ? { InstanceId: id, ...request.body } : request.body;
      instances.put(readInstance(body), id);
      return instances.get(id);
    });
    app.delete<{ Params: { id: string } }>('/instances/:id', (request, reply) => {
      const { id } = request.params;
      if (!instances.delete(id)) throw new SteeringError(404, `There is no instance ${id} to delete.`);
      return reply.code(204).send();
    });

    app.post<{ Body: Fault[] }>(
      '/faults',
      {
        schema: { body: faultListSchema(Object.keys(actions)) },
        schemaErrorFormatter: describeFaultErrors,
        // A single fault is a list with one entry.
        preValidation: (request, _reply, next) => {
          if (isObject(request.body)) request.body = [request.body] as unknown as Fault[];
          next();
        },
      },
      (request, reply) => {
        faults.add(request.body);
        return reply.code(201).send(faults.list());
      },
    );
    app.get('/faults', () => faults.list());
    app.delete('/faults', (_request, reply) => {
      faults.clear();
      return reply.code(204).send();
    });

    app.get('/calls', () => calls.summary());
    app.delete('/calls', (_request, reply) => {
      calls.clear();
      return reply.code(204).send();
    });

    app.post('/reset', (_request, reply) => {
      reset();
      return reply.code(204).send();
    });
    done();
  };
}

function readInstance(body: unknown) {
  try {
    return toInstanceRecord(body, 'The instance');
  } catch (error) {
    if (!(error instanceof InvalidInstanceError)) throw error;
    throw new SteeringError(
      400,
      `${error.message} To script an answer of another shape, add a fault of kind "instance".`,
    );
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
