/** A policy has rejected a call, so the upstream did not receive it. */
export interface Rejection {
  readonly kind: 'rejected';
  /** The policy that rejected the call. */
  readonly by: 'breaker' | 'concurrency-limit';
  readonly retry: 'never';
  /** When the policy may let calls through again, in milliseconds from now. */
  readonly retryAfterMs: number;
}

export function rejectedBy(by: Rejection['by'], retryAfterMs: number): Rejection {
  return { kind: 'rejected', by, retry: 'never', retryAfterMs };
}

export function isRejection(outcome: object): outcome is Rejection {
  return 'kind' in outcome && outcome.kind === 'rejected';
}
