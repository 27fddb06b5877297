import { type DescribedInstance, OutboundBotClient, type Outcome } from '@app/outboundbot-client';
import { type Clock, Deadline, type Retried, retry } from '@app/resilience';
import { Inject, Injectable } from '@nestjs/common';

import { Settings } from '../settings/settings.js';

export const CLOCK = Symbol('Clock');

/** What came of looking up an instance: the outcome, and every upstream call that was made for it. */
export type Lookup = Retried<Outcome<DescribedInstance>>;

@Injectable()
export class InstancesService {
  constructor(
    private readonly client: OutboundBotClient,
    private readonly settings: Settings,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Asks the upstream, as often as the settings allow and as long as it makes sense. */
  async lookUp(instanceId: string): Promise<Lookup> {
    const { upstream } = this.settings;
    return retry(
      (timeoutMs) => this.client.describeInstance(instanceId, { timeoutMs }),
      Deadline.after(upstream.deadlineMs, this.clock),
      upstream,
      { clock: this.clock, random: Math.random },
    );
  }
}
