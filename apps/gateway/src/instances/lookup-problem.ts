import type { Failure, FailureKind } from '@app/outboundbot-client';
import { Problem, type ProblemCode, type UpstreamReport } from '@app/problem-details';

import type { Lookup } from './instances.service.js';

/** Who is to blame for each kind of failure. Only a missing instance is the caller's concern. */
const PROBLEM_OF: Readonly<Record<FailureKind, ProblemCode>> = {
  'not-found': 'instance-not-found',
  refused: 'upstream-refused',
  throttled: 'upstream-throttled',
  unavailable: 'upstream-unavailable',
  failed: 'upstream-error',
  'invalid-response': 'upstream-invalid-response',
  'timed-out': 'upstream-timeout',
};

/** The error that a caller is told about when a lookup ended in `failure`. */
export function toProblem(failure: Failure, attempts: Lookup['attempts']): Problem {
  const { retryAfterMs } = failure;
  return new Problem(PROBLEM_OF[failure.kind], {
    upstream: reportOf(attempts),
    ...(retryAfterMs === undefined ? {} : { retryAfterS: Math.max(1, Math.ceil(retryAfterMs / 1000)) }),
  });
}

/** The last thing that the upstream itself said: after a time-out, the answer before it still helps a ticket. */
function reportOf(attempts: Lookup['attempts']): UpstreamReport {
  const said = attempts.map((attempt) => ({
    code: attempt.kind === 'success' ? null : attempt.code,
    requestId: attempt.requestId,
  }));
  const last = said.findLast(({ code, requestId }) => code !== null || requestId !== null);
  return { code: last?.code ?? null, requestId: last?.requestId ?? null, attempts: attempts.length };
}
