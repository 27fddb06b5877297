import type { CachedRead } from '@app/http-cache';
import type { FailureKind } from '@app/outboundbot-client';
import { Problem, type ProblemCode, type UpstreamReport } from '@app/problem-details';
import { isRejection, type Rejection } from '@app/resilience';

import type { UpstreamCall, UpstreamFailure } from './upstream.service.js';

/** The error for each kind of failure. None of them blames the caller. */
const PROBLEM_OF_FAILURE: Readonly<Record<Exclude<FailureKind, 'not-found'>, ProblemCode>> = {
  refused: 'upstream-refused',
  throttled: 'upstream-throttled',
  unavailable: 'upstream-unavailable',
  failed: 'upstream-error',
  'invalid-response': 'upstream-invalid-response',
  'timed-out': 'upstream-timeout',
};

const PROBLEM_OF_REJECTION: Readonly<Record<Rejection['by'], ProblemCode>> = {
  breaker: 'upstream-unavailable',
  'concurrency-limit': 'overloaded',
};

/**
 * The error to answer with when a read found nothing.
 *
 * @param notFound the error for what does not exist
 * @param headers further headers of the answer
 */
export function upstreamProblem(
  read: Exclude<CachedRead<UpstreamFailure, UpstreamCall>, { kind: 'found' }>,
  notFound: ProblemCode,
  headers: Readonly<Record<string, string>>,
): Problem {
  const retryAfterMs = read.kind === 'failed' ? read.failure.retryAfterMs : undefined;
  return new Problem(read.kind === 'gone' ? notFound : codeOf(read.failure, notFound), {
    headers,
    ...(read.calls.length === 0 ? {} : { upstream: reportOf(read.calls) }),
    ...(retryAfterMs === undefined ? {} : { retryAfterS: Math.max(1, Math.ceil(retryAfterMs / 1000)) }),
  });
}

function codeOf(failure: UpstreamFailure, notFound: ProblemCode): ProblemCode {
  if (isRejection(failure)) return PROBLEM_OF_REJECTION[failure.by];
  return failure.kind === 'not-found' ? notFound : PROBLEM_OF_FAILURE[failure.kind];
}

/** The last code and request id that the upstream sent, even if a later attempt timed out: its support asks for them. */
function reportOf(calls: readonly UpstreamCall[]): UpstreamReport {
  const answers = calls.map((call) => ({
    code: call.kind === 'success' ? null : call.code,
    requestId: call.requestId,
  }));
  const last = answers.findLast(({ code, requestId }) => code !== null || requestId !== null);
  return { code: last?.code ?? null, requestId: last?.requestId ?? null, attempts: calls.length };
}
