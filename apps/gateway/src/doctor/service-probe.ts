import {
  type Action,
  type AnswerDescription,
  type DescribedInstance,
  describeInstance,
  type InstanceList,
  listInstances,
  type ListInstancesQuery,
  OutboundBotClient,
  type Outcome,
} from '@app/outboundbot-client';
import type { Clock } from '@app/resilience';

import type { Settings } from '../settings/settings.js';

/** One call of the service. */
export interface Answer<Value> {
  /** What the gateway makes of the answer. */
  readonly outcome: Outcome<Value>;
  /** Undefined if no HTTP answer came. */
  readonly description: AnswerDescription | undefined;
  /** From the call to the complete answer, in milliseconds. */
  readonly ms: number;
  /** When the answer came, in Unix milliseconds. */
  readonly receivedAt: number;
}

/** Calls the service as the gateway does, but without retries, and describes each answer. */
export class ServiceProbe {
  private readonly client: OutboundBotClient;

  /** @param timeoutMs for a call. It may be longer than the gateway's, so that a slow answer can be measured */
  constructor(
    private readonly settings: Settings,
    private readonly clock: Clock,
    private readonly timeoutMs: number,
  ) {
    this.client = new OutboundBotClient(settings.client);
  }

  close(): void {
    this.client.close();
  }

  describe(instanceId: string): Promise<Answer<DescribedInstance>> {
    return this.ask(describeInstance, { instanceId });
  }

  /** Asks for the page that follows what has been read, as the gateway does. */
  nextPage(readSoFar?: InstanceList): Promise<Answer<InstanceList>> {
    return this.ask(listInstances, { ...this.settings.list, ...(readSoFar && { readSoFar }) });
  }

  /**
   * Asks for one page of another size than the gateway's.
   *
   * @param number from 1
   */
  listPage(number: number, size: number): Promise<Answer<InstanceList>> {
    const action: Action<ListInstancesQuery, InstanceList> = {
      ...listInstances,
      parameters: (query) => ({
        ...listInstances.parameters(query),
        PageSize: String(size),
      }),
    };
    // The answer is then read as one that follows so many empty pages.
    const readSoFar = { instances: new Map(), pages: number - 1, isComplete: false };
    return this.ask(action, { ...this.settings.list, readSoFar });
  }

  private async ask<Query, Value>(action: Action<Query, Value>, query: Query): Promise<Answer<Value>> {
    let description: AnswerDescription | undefined;
    const startedAt = this.clock.now();
    const outcome = await this.client.call(action, query, {
      timeoutMs: this.timeoutMs,
      onAnswer: (answer) => {
        description = answer;
      },
    });
    return {
      outcome,
      description,
      ms: this.clock.now() - startedAt,
      receivedAt: this.clock.wallTime(),
    };
  }
}
