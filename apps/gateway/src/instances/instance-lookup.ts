import {
  type DescribedInstance,
  type FailureKind,
  OutboundBotClient,
  type Outcome,
} from '@app/outboundbot-client';
import { type Clock, type Deadline, type Health, type PolicyResult, UpstreamPolicies } from '@app/resilience';

import type { Settings } from '../settings/settings.js';

/** One upstream call. */
export type Attempt = Outcome<DescribedInstance>;

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

/** Asks the upstream for an instance, under all policies. */
export class InstanceLookup {
  private readonly policies: UpstreamPolicies<Attempt>;

  constructor(
    private readonly client: OutboundBotClient,
    settings: Settings['upstream'],
    clock: Clock,
  ) {
    this.policies = new UpstreamPolicies(settings, healthOf, clock, Math.random);
  }

  /** @param abandoned comes when nobody waits for the answer any more */
  lookUp(instanceId: string, deadline: Deadline, abandoned: AbortSignal): Promise<PolicyResult<Attempt>> {
    return this.policies.execute(
      (timeoutMs) => this.client.describeInstance(instanceId, { timeoutMs }),
      deadline,
      abandoned,
    );
  }
}

function healthOf(outcome: Attempt): Health {
  return outcome.kind === 'success' ? 'healthy' : HEALTH_OF[outcome.kind];
}
