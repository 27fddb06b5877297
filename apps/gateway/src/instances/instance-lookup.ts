import {
  type DescribedInstance,
  type FailureKind,
  OutboundBotClient,
  type Outcome,
} from '@app/outboundbot-client';
import { type Clock, type Deadline, type Health, type PolicyResult, UpstreamPolicies } from '@app/resilience';
import type { Tracing } from '@app/tracing';
import { Inject, Injectable } from '@nestjs/common';

import { GatewayMetrics } from '../metrics/gateway-metrics.js';
import { CLOCK } from '../runtime.module.js';
import { Settings } from '../settings/settings.js';
import { traceAttempt } from '../tracing/trace-attempt.js';
import { TRACING } from '../tracing/tracing.module.js';

/** One upstream call. */
export type Attempt = Outcome<DescribedInstance>;

/** As the upstream names it. */
const ACTION = 'DescribeInstance';

/** What each kind of failure says about the upstream's health. */
const HEALTH_OF: Readonly<Record<FailureKind, Health>> = {
  'not-found': 'healthy',
  refused: 'healthy',
  // A quota is no sickness, and an answer of this kind no sign of recovery.
  throttled: 'unknown',
  unavailable: 'sick',
  failed: 'sick',
  'invalid-response': 'sick',
  'timed-out': 'sick',
};

/** What came of asking the upstream. */
export interface Lookup extends PolicyResult<Attempt> {
  /**
   * When the last call began, in epoch milliseconds. The answer may be as old as that (RFC 9111, section 4.2.3), and a
   * slow one must not pass for newer than what a quick one has said meanwhile.
   */
  readonly askedAt: number;
}

/** Asks the upstream for an instance, under all policies. */
@Injectable()
export class InstanceLookup {
  private readonly policies: UpstreamPolicies<Attempt>;

  constructor(
    private readonly client: OutboundBotClient,
    { upstream }: Settings,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly metrics: GatewayMetrics,
    @Inject(TRACING) private readonly tracing: Tracing | undefined,
  ) {
    this.policies = new UpstreamPolicies(upstream, { healthOf, isHelp }, clock, Math.random);
    metrics.watchUpstream(
      ACTION,
      () => this.policies.figures,
      () => client.resends,
    );
  }

  /** @param isWanted whether anybody still waits for the answer */
  async lookUp(instanceId: string, deadline: Deadline, isWanted: () => boolean): Promise<Lookup> {
    const { client, metrics, tracing } = this;
    let askedAt = this.clock.wallTime();
    let number = 0;
    const result = await this.policies.execute(
      (timeoutMs) => {
        askedAt = this.clock.wallTime();
        number += 1;
        const attempt = () => metrics.time(ACTION, () => client.describeInstance(instanceId, { timeoutMs }));
        return tracing ? traceAttempt(tracing, ACTION, number, attempt) : attempt();
      },
      deadline,
      isWanted,
    );
    return { ...result, askedAt };
  }
}

function healthOf(outcome: Attempt, cutShort: boolean): Health {
  if (outcome.kind === 'success') return 'healthy';
  return outcome.kind === 'timed-out' && cutShort ? 'unknown' : HEALTH_OF[outcome.kind];
}

/** A refusal is a sign of health, but no retry was ever worth it for one. */
function isHelp({ kind }: Attempt): boolean {
  return kind === 'success' || kind === 'not-found';
}
