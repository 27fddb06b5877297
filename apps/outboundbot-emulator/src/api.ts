import { randomUUID } from 'node:crypto';

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import type { ActionRegistry, ActionState } from './actions/action.js';
import { requireAction, targetedInstance } from './actions/find-action.js';
import { authenticate } from './authentication/authentication.js';
import type { KeyPair } from './authentication/key-pair.js';
import { NonceMemory } from './authentication/nonce-memory.js';
import type { CallLog, CallRecord } from './call-log.js';
import { type AffectedCall, applyFault } from './faults/apply-fault.js';
import type { CallFault } from './faults/fault.js';
import type { FaultScript } from './faults/fault-script.js';
import { dropRequest, IdleTimes } from './faults/forgotten-connections.js';
import { learnedAnswer } from './learned/learned-answer.js';
import type { Learned } from './learned/learned-file.js';
import {
  type Answer,
  type AnswerContext,
  errorAnswer,
  type ErrorDetails,
  successAnswer,
} from './protocol/answer.js';
import { type ApiCall, header, readApiCall } from './protocol/api-call.js';
import { ApiError } from './protocol/error-codes.js';
import { writeAnswer } from './protocol/write-answer.js';

/** What the API needs to answer calls. */
export interface ApiState extends ActionState {
  readonly keyPair: KeyPair;
  readonly actions: ActionRegistry;
  readonly faults: FaultScript;
  readonly calls: CallLog;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** How the service answers, if that was learned. A fault may still change an answer. */
  readonly learned?: Learned | undefined;
}

/** Serves the imitated API on `/` of a Fastify server, and the service's 404 on every other path. */
export function serveApi(app: FastifyInstance, state: ApiState): void {
  const nonces = new NonceMemory();
  const idleTimes = new IdleTimes();

  // Signatures cover the bytes of the body, so no content type is parsed.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => {
    done(null, body);
  });

  app.route({
    method: ['GET', 'POST'],
    url: '/',
    handler: (request, reply) => {
      const { socket } = request.raw;
      const forgotten = state.faults.takeForgotten(idleTimes.of(socket, state.now()));
      if (forgotten !== undefined) {
        reply.hijack();
        dropRequest(socket, forgotten);
        return;
      }
      reply.raw.once('finish', () => {
        idleTimes.begin(socket, state.now());
      });

      const call = readCall(request);
      const context = newContext(call);
      const target = { action: context.action, instanceId: targetedInstance(call, state.actions) };
      const at = state.now();
      // Node writes the time of the machine otherwise.
      if (state.now !== Date.now) reply.raw.setHeader('date', new Date(at).toUTCString());
      state.calls.record(describeCall(call, target.instanceId, context, at));
      try {
        authenticate(call, state.keyPair, nonces, at);
        const makeMembers = requireAction(call, state.actions).prepare(state, call);
        const learned = state.learned?.actions[context.action];
        const normalAnswer = (paging = state.learned?.paging): Answer =>
          answerOrError(context, () =>
            learned
              ? learnedAnswer(context, learned, () => makeMembers(paging))
              : successAnswer(context, makeMembers(paging)),
          );
        const fault = state.faults.take(target, at) ?? (learned && { kind: 'latency', ms: learned.ms });
        if (fault === undefined) {
          send(reply, normalAnswer());
        } else {
          reply.hijack();
          affect(fault, { response: reply.raw, context, normalAnswer });
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

  // Answers requests that Fastify refuses, for example because the body is too large, and defects of the emulator.
  app.setErrorHandler<Error & { statusCode?: number }>((error, request, reply) => {
    const status = error.statusCode ?? 500;
    return refuse(request, reply, {
      code: status < 500 ? 'InvalidParameter' : 'InternalError',
      status,
      message: error.message,
    });
  });
}

function answerOrError(context: AnswerContext, makeAnswer: () => Answer): Answer {
  try {
    return makeAnswer();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return errorAnswer(context, error);
  }
}

// A fault may be impossible to apply, for example with a header that Node refuses. The client then gets an error answer,
// because it would wait for ever otherwise.
function affect(fault: CallFault, affected: AffectedCall): void {
  applyFault(fault, affected).catch((error: unknown) => {
    const { response, context } = affected;
    if (response.headersSent) {
      response.destroy();
      return;
    }
    for (const name of response.getHeaderNames()) response.removeHeader(name);
    const message = `The ${fault.kind} fault cannot be applied: ${String(error)}`;
    writeAnswer(response, errorAnswer(context, { code: 'InternalError', message }));
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

function describeCall(
  call: ApiCall,
  instanceId: string | undefined,
  { requestId }: AnswerContext,
  at: number,
): CallRecord {
  return {
    instanceId: instanceId ?? null,
    action: call.action ?? null,
    method: call.method,
    signature: call.signature,
    nonce: call.nonce ?? null,
    requestId,
    at,
    accept: header(call.headers, 'accept') ?? null,
  };
}

function newContext({ headers, format, action = '' }: ApiCall): AnswerContext {
  return { requestId: randomUUID().toUpperCase(), host: header(headers, 'host') ?? '', format, action };
}

function refuse(request: FastifyRequest, reply: FastifyReply, error: ErrorDetails): FastifyReply {
  return send(reply, errorAnswer(newContext(readCall(request)), error));
}

function send(reply: FastifyReply, answer: Answer): FastifyReply {
  return reply.code(answer.status).headers(answer.headers).send(answer.body);
}
