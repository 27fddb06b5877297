import type { CachedRead } from '@app/http-cache';
import type { CallRecord, FailureKind } from '@app/outboundbot-client';
import { Problem, type ProblemCode, type UpstreamReport } from '@app/problem-details';
import { isRejection, type Rejection } from '@app/resilience';

import type { UpstreamFailure } from './upstream.service.js';

type FailedRead = Exclude<CachedRead<UpstreamFailure, CallRecord>, { kind: 'found' }>;

/** The error for each kind of failure. None of them blames the caller. */
const PROBLEM_OF_FAILURE: Readonly<Record<FailureKind, ProblemCode>> = {
  // Only for an operation that does not know this answer.
  'not-found': 'upstream-error',
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
  read: FailedRead,
  notFound: ProblemCode | undefined,
  headers: Readonly<Record<string, string>>,
): Problem {
  const retryAfterMs = read.kind === 'failed' ? read.failure.retryAfterMs : undefined;
  return new Problem(codeOf(read, notFound), {
    headers,
    ...(read.calls.length === 0 ? {} : { upstream: reportOf(read.calls) }),
    ...(retryAfterMs === undefined ? {} : { retryAfterS: Math.max(1, Math.ceil(retryAfterMs / 1000)) }),
  });
}

function codeOf(read: FailedRead, notFound: ProblemCode = 'upstream-error'): ProblemCode {
  switch (read.kind) {
    case 'not-cached':
      return 'not-cached';
    case 'gone':
      return notFound;
    case 'failed':
      return isRejection(read.failure)
        ? PROBLEM_OF_REJECTION[read.failure.by]
        : PROBLEM_OF_FAILURE[read.failure.kind];
  }
}

/** The last code and request id that the upstream sent, even if a later attempt timed out: its support asks for them. */
function reportOf(calls: readonly CallRecord[]): UpstreamReport {
  const answers = calls.map((call) => ({
    code: call.kind === 'success' ? null : call.code,
    requestId: call.requestId,
  }));
  const last = answers.findLast(({ code, requestId }) => code !== null || requestId !== null);
  return { code: last?.code ?? null, requestId: last?.requestId ?? null, attempts: calls.length };
}
