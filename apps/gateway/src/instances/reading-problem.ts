import type { Failure, FailureKind } from '@app/outboundbot-client';
import { Problem, type ProblemCode, type UpstreamReport } from '@app/problem-details';
import { isRejection, type Rejection } from '@app/resilience';

import type { Attempt } from './instance-lookup.js';

/** Who is to blame for each kind of failure. Only a missing instance is the caller's concern. */
const PROBLEM_OF_FAILURE: Readonly<Record<FailureKind, ProblemCode>> = {
  'not-found': 'instance-not-found',
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
 * The error that a caller is told about when an instance could not be had.
 *
 * @param attempts the upstream calls that were made
 * @param headers further headers of the answer
 */
export function toProblem(
  failure: Failure | Rejection,
  attempts: readonly Attempt[],
  headers: Readonly<Record<string, string>>,
): Problem {
  const code = isRejection(failure) ? PROBLEM_OF_REJECTION[failure.by] : PROBLEM_OF_FAILURE[failure.kind];
  const { retryAfterMs } = failure;
  return new Problem(code, {
    headers,
    ...(attempts.length === 0 ? {} : { upstream: reportOf(attempts) }),
    ...(retryAfterMs === undefined ? {} : { retryAfterS: Math.max(1, Math.ceil(retryAfterMs / 1000)) }),
  });
}

/** The last thing that the upstream itself said: after a time-out, the answer before it still helps a ticket. */
function reportOf(attempts: readonly Attempt[]): UpstreamReport {
  const said = attempts.map((attempt) => ({
    code: attempt.kind === 'success' ? null : attempt.code,
    requestId: attempt.requestId,
  }));
  const last = said.findLast(({ code, requestId }) => code !== null || requestId !== null);
  return { code: last?.code ?? null, requestId: last?.requestId ?? null, attempts: attempts.length };
}
