import { setImmediate as nextTurn } from 'node:timers/promises';

import type { Clock } from '@app/resilience';

/** In place of an answer: Redis failed, took too long, or was not asked at all. */
export const NO_ANSWER: unique symbol = Symbol('no answer');
export type NoAnswer = typeof NO_ANSWER;

export interface OperationGuardOptions {
  /** The longest that an operation takes, in milliseconds. */
  readonly timeoutMs: number;
  /** Called once when operations stop reaching Redis, and once when they do again. */
  readonly onStateChange: (state: 'up' | 'down') => void;
  /** Called whenever the breaker opens, after a failed probe too. */
  readonly onOpen: () => void;
}

/** How many operations in a row fail before no more are tried. */
const MAX_FAILURES = 3;

/** How long none is tried then, in milliseconds. */
const OPEN_MS = 1000;

/**
 * Bounds what an operation on Redis can cost: a time-out each, and a breaker over all of them, so that a Redis that
 * hangs costs all callers together one time-out a second.
 *
 * Simpler than the upstream's breaker, as nothing is lost by opening too early: a few failures in a row open it, and
 * one probe at a time finds out whether Redis is back.
 */
export class OperationGuard {
  private failures = 0;
  private openUntil: number | undefined;
  private probing = false;

  constructor(
    private readonly options: OperationGuardOptions,
    private readonly clock: Clock,
  ) {}

  /** Whether operations are tried. */
  get isUp(): boolean {
    return this.openUntil === undefined;
  }

  /**
   * The operation's answer, or `NO_ANSWER` within the time-out. Never rejects.
   *
   * @param operation rejects only if Redis did not do its work; may still answer after the time-out, to nobody
   */
  async run<T>(operation: () => Promise<T>): Promise<T | NoAnswer> {
    if (this.openUntil === undefined) {
      const answer = await this.attempt(operation);
      this.learn(answer !== NO_ANSWER);
      return answer;
    }

    if (this.probing || this.clock.now() < this.openUntil) return NO_ANSWER;
    this.probing = true;
    const answer = await this.attempt(operation);
    this.probing = false;
    if (answer === NO_ANSWER) this.open();
    else this.close();
    return answer;
  }

  private async attempt<T>(operation: () => Promise<T>): Promise<T | NoAnswer> {
    const over = new AbortController();
    const answer = await Promise.race([
      operation().catch((): NoAnswer => NO_ANSWER),
      this.timeout(over.signal),
    ]);
    // Without a reason it would make an error with a stack, for every operation.
    over.abort(null);
    return answer;
  }

  private async timeout(signal: AbortSignal): Promise<NoAnswer> {
    await this.clock.sleep(this.options.timeoutMs, signal);
    // Timers run before sockets are read: after a stall of this process an answer that came in time may lie there
    // unread, and Redis must not be blamed for it.
    if (!signal.aborted) await nextTurn();
    return NO_ANSWER;
  }

  private learn(answered: boolean): void {
    // What was on its way when the breaker opened says nothing about a recovery.
    if (this.openUntil !== undefined) return;
    this.failures = answered ? 0 : this.failures + 1;
    if (this.failures < MAX_FAILURES) return;
    this.open();
    this.options.onStateChange('down');
  }

  private open(): void {
    this.openUntil = this.clock.now() + OPEN_MS;
    this.options.onOpen();
  }

  private close(): void {
    this.openUntil = undefined;
    this.failures = 0;
    this.options.onStateChange('up');
  }
}
