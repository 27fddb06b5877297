import { randomUUID } from 'node:crypto';

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import { describeInstance, requireDescribeInstance } from './actions/describe-instance.js';
import { authenticate } from './authentication/authentication.js';
import type { KeyPair } from './authentication/key-pair.js';
import { NonceMemory } from './authentication/nonce-memory.js';
import type { CallLog, CallRecord } from './call-log.js';
import { applyFault, type StruckCall } from './faults/apply-fault.js';
import type { CallFault } from './faults/fault.js';
import type { FaultScript } from './faults/fault-script.js';
import { dropRequest, IdleTimes } from './faults/forgotten-connections.js';
import type { InstanceStore } from './instances/instance-store.js';
import { type Answer, type AnswerContext, errorAnswer, type ErrorDetails } from './protocol/answer.js';
import { type ApiCall, header, readApiCall } from './protocol/api-call.js';
import { ApiError } from './protocol/error-codes.js';
import { writeAnswer } from './protocol/write-answer.js';

/** What the API answers from. */
export interface ApiState {
  readonly keyPair: KeyPair;
  readonly instances: InstanceStore;
  readonly faults: FaultScript;
  readonly calls: CallLog;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** Serves the imitated API on `/` of a Fastify server, and the service's own kind of 404 everywhere else. */
export function serveApi(app: FastifyInstance, state: ApiState): void {
  const nonces = new NonceMemory();
  const idleTimes = new IdleTimes();

  // Signatures cover the body's bytes, so they are kept whatever the content type is.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => {
    done(null, body);
  });

  app.route({
    method: ['GET', 'POST'],
    url: '/',
    handler: (request, reply) => {
      const forgotten = state.faults.takeForgotten(idleTimes.of(request.raw.socket, state.now()));
      if (forgotten !== undefined) {
        reply.hijack();
        dropRequest(request.raw.socket, forgotten);
        return;
      }
      reply.raw.once('finish', () => {
        idleTimes.begin(request.raw.socket, state.now());
      });
      const call = readCall(request);
      const context = newContext(request, call);
      const at = state.now();
      state.calls.record(describeCall(call, context.requestId, at));
      try {
        authenticate(call, state.keyPair, nonces, at);
        const id = requireDescribeInstance(call);
        const usual = (): Answer => describeInstance(state.instances, id, context);
        const fault = state.faults.take(id, at);
        if (fault === undefined) {
          send(reply, usual());
        } else {
          reply.hijack();
          strike(fault, { response: reply.raw, context, usual });
        }
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        send(reply, errorAnswer(context, error));
      }
    },
  });

  app.setNotFoundHandler((request, reply) => {
    const call = readCall(request);
    return refuse(request, reply, {
      code: call.path === '/' ? 'UnsupportedOperation' : 'InvalidApi.NotFound',
    });
  });

  // What Fastify itself refuses, such as a body that is too large, and defects of the emulator.
  app.setErrorHandler<Error & { statusCode?: number }>((error, request, reply) => {
    const status = error.statusCode ?? 500;
    return refuse(request, reply, {
      code: status < 500 ? 'InvalidParameter' : 'InternalError',
      status,
      message: error.message,
    });
  });
}

// A fault that cannot be applied, such as one with an impossible header, must not pass for one that was.
function strike(fault: CallFault, struck: StruckCall): void {
  applyFault(fault, struck).catch((error: unknown) => {
    if (struck.response.headersSent) {
      struck.response.destroy();
      return;
    }
    for (const name of struck.response.getHeaderNames()) struck.response.removeHeader(name);
    const message = `The ${fault.kind} fault cannot be applied: ${String(error)}`;
    writeAnswer(struck.response, errorAnswer(struck.context, { code: 'InternalError', message }));
  });
}

function readCall(request: FastifyRequest): ApiCall {
  return readApiCall({
    method: request.method,
    url: request.raw.url ?? '/',
    headers: request.headers,
    body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
  });
}

function describeCall(call: ApiCall, requestId: string, at: number): CallRecord {
  return {
    instanceId: call.instanceId ?? null,
    action: call.action ?? null,
    method: call.method,
    signature: call.signature,
    nonce: call.nonce ?? null,
    requestId,
    at,
    accept: header(call.headers, 'accept') ?? null,
  };
}

function newContext(request: FastifyRequest, call: ApiCall): AnswerContext {
  return {
    requestId: randomUUID().toUpperCase(),
    host: header(request.headers, 'host') ?? '',
    format: call.format,
  };
}

function refuse(request: FastifyRequest, reply: FastifyReply, error: ErrorDetails): FastifyReply {
  return send(reply, errorAnswer(newContext(request, readCall(request)), error));
}

function send(reply: FastifyReply, answer: Answer): FastifyReply {
  return reply.code(answer.status).headers(answer.headers).send(answer.body);
}
