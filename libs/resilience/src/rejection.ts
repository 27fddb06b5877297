/** A policy did not let a call through; the upstream knows nothing of it. */
export interface Rejection {
  readonly kind: 'rejected';
  /** Which policy it was. */
  readonly by: 'breaker' | 'concurrency-limit';
  readonly retry: 'never';
  /** When it may let calls through again, in milliseconds from now. */
  readonly retryAfterMs: number;
}

export function rejectedBy(by: Rejection['by'], retryAfterMs: number): Rejection {
  return { kind: 'rejected', by, retry: 'never', retryAfterMs };
}

/** Whether a policy kept the call from being made. */
export function isRejection(outcome: object): outcome is Rejection {
  return 'kind' in outcome && outcome.kind === 'rejected';
}
