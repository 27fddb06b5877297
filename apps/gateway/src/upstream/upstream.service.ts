import { type Fetched, found, gone } from '@app/http-cache';
import {
  type Action,
  ACTIONS,
  type CallRecord,
  type Failure,
  type FailureKind,
  OutboundBotClient,
  type Outcome,
} from '@app/outboundbot-client';
import {
  type BreakerVote,
  type Callers,
  type Clock,
  isRejection,
  type OutcomeClassifier,
  type PolicyResult,
  type Rejection,
  UpstreamPolicies,
} from '@app/resilience';
import type { Tracing } from '@app/tracing';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';

import { GatewayMetrics } from '../observability/gateway-metrics.js';
import { traceAttempt } from '../observability/trace-attempt.js';
import { TRACING } from '../observability/tracing.module.js';
import { CLOCK } from '../runtime/runtime.module.js';
import { Settings } from '../settings/settings.js';
import type { Operation } from './operation.js';

/** Why the upstream gave no answer: the last attempt failed, or a policy made none. */
export type UpstreamFailure = Failure | Rejection;

/** What each kind of failure says about the upstream's health. */
const VOTE_OF: Readonly<Record<FailureKind, BreakerVote>> = {
  'not-found': 'success',
  refused: 'success',
  // A quota is neither a failure nor a sign of recovery.
  throttled: 'ignored',
  unavailable: 'failure',
  failed: 'failure',
  'invalid-response': 'failure',
  'timed-out': 'failure',
};

const CLASSIFIER: OutcomeClassifier<Outcome<unknown>> = {
  voteOf: (outcome, cutShort) => {
    const { kind } = outcome;
    if (kind === 'success') return 'success';
    // An answer of one action in a shape that the gateway cannot use must not keep callers from the other actions.
    return outcome.answered || (kind === 'timed-out' && cutShort) ? 'ignored' : VOTE_OF[kind];
  },
  // A refusal shows that the upstream is healthy, but no retry ever helped against one.
  refundsRetry: ({ kind }) => kind === 'success' || kind === 'not-found',
};

/** The reading of a list ends like this when all callers have left. No caller gets it. */
const ABANDONED: Failure = {
  kind: 'timed-out',
  code: null,
  requestId: null,
  retry: 'never',
  reason: 'no caller waits for the list any more',
};

/** Calls the upstream under one set of policies for all operations, and measures and traces each attempt. */
@Injectable()
export class UpstreamService implements OnApplicationShutdown {
  private readonly policies: UpstreamPolicies;

  constructor(
    private readonly client: OutboundBotClient,
    { upstream }: Settings,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly metrics: GatewayMetrics,
    @Inject(TRACING) private readonly tracing: Tracing | undefined,
  ) {
    this.policies = new UpstreamPolicies(upstream, clock, Math.random);
    metrics.watchUpstream(
      ACTIONS.map(({ name }) => name),
      () => this.policies.figures,
      () => client.resends,
    );
  }

  onApplicationShutdown(): void {
    this.client.close();
  }

  /**
   * Asks the upstream once, with retries, and makes a cache entry of the answer. An answer in pages is read to its end, one
   * page after another.
   *
   * @param callers their deadlines are for all pages together; each page waits for a place of its own
   */
  async fetch<Query, Value, Dto>(
    operation: Operation<Query, Value, Dto>,
    query: Query,
    callers: Callers,
  ): Promise<Fetched<UpstreamFailure, CallRecord>> {
    const { action, toDto } = operation;
    const calls: CallRecord[] = [];
    let page = query;
    let storedAt: number | undefined;
    for (;;) {
      const { outcome, attempts, askedAt } = await this.call(action, page, callers);
      calls.push(...attempts.map(withoutValue));
      // A list is as old as its first page.
      storedAt ??= askedAt;
      if (outcome.kind !== 'success') return { result: unanswered(outcome, operation, storedAt), calls };
      const next = action.next?.(outcome.value, page);
      if (next === undefined) return { result: found(JSON.stringify(toDto(outcome.value)), storedAt), calls };
      // Nothing more is asked for callers that have all left.
      if (!callers.isWanted) return { result: { kind: 'failed', failure: ABANDONED }, calls };
      page = next;
    }
  }

  /** Makes one call under all policies. */
  private async call<Query, Value>(
    action: Action<Query, Value>,
    query: Query,
    callers: Callers,
  ): Promise<PolicyResult<Outcome<Value>> & { readonly askedAt: number }> {
    // An answer is as old as the beginning of its attempt (RFC 9111, section 4.2.3): a slow answer must not count as newer
    // than a quick one that was asked for later.
    let askedAt = this.clock.wallTime();
    let number = 0;
    const result = await this.policies.execute({
      attempt: (timeoutMs) => {
        askedAt = this.clock.wallTime();
        number += 1;
        return this.attempt(action, query, number, timeoutMs);
      },
      classifier: CLASSIFIER,
      callers,
    });
    return { ...result, askedAt };
  }

  private attempt<Query, Value>(
    action: Action<Query, Value>,
    query: Query,
    number: number,
    timeoutMs: number,
  ): Promise<Outcome<Value>> {
    const { client, metrics, tracing } = this;
    const call = () => metrics.timeAttempt(action.name, () => client.call(action, query, { timeoutMs }));
    return tracing ? traceAttempt(tracing, action.name, number, call) : call();
  }
}

/** @param askedAt in Unix milliseconds */
function unanswered(
  failure: UpstreamFailure,
  { notFound }: Pick<Operation<never, unknown, unknown>, 'notFound'>,
  askedAt: number,
): Fetched<UpstreamFailure, CallRecord>['result'] {
  if (isRejection(failure)) {
    // A rejection's wait is the policy's own, and it holds for all keys.
    return { kind: 'failed', failure, outOfTurn: failure.by === 'concurrency-limit' };
  }
  if (failure.kind === 'not-found' && notFound !== undefined) return gone(askedAt);
  return { kind: 'failed', failure, holdOffMs: failure.retryAfterMs };
}

/** The pages of a long list need not be kept for the log line. */
function withoutValue(outcome: Outcome<unknown>): CallRecord {
  if (outcome.kind !== 'success') return outcome;
  const { kind, requestId, retry, resent } = outcome;
  return { kind, requestId, retry, ...(resent && { resent }) };
}
