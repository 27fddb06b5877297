import { setImmediate as socketsRead } from 'node:timers/promises';

import type { Clock } from '@app/resilience';

/** Returned in place of an answer: Redis failed, was too slow, or was not asked because the breaker is open. */
export const NO_ANSWER: unique symbol = Symbol('no answer');
export type NoAnswer = typeof NO_ANSWER;

export interface OperationGuardOptions {
  /** The longest that an operation may take, in milliseconds. */
  readonly timeoutMs: number;
  /** Called when the breaker opens after failures (`down`), and when it closes again (`up`). */
  readonly onStateChange: (state: 'up' | 'down') => void;
  /** Called whenever the breaker opens, also after a failed probe. */
  readonly onOpen: () => void;
}

/** How many failures in a row open the breaker. */
const MAX_FAILURES = 3;

/** How long the breaker stays open before a probe, in milliseconds. */
const OPEN_MS = 1000;

/**
 * Limits what a failing Redis costs: each operation has a time-out, and one breaker covers all operations. While Redis
 * hangs, only one operation a second waits for its time-out.
 *
 * This breaker is simpler than the upstream's because Redis is optional. An open upstream breaker costs callers errors,
 * so it needs a failure ratio over a window of many calls. An open Redis breaker only costs some more upstream calls, so
 * three failures in a row may open it, and one successful probe closes it.
 */
export class OperationGuard {
  private failures = 0;
  private openUntil: number | undefined;
  private probing = false;

  constructor(
    private readonly options: OperationGuardOptions,
    private readonly clock: Clock,
  ) {}

  /** Whether the breaker is closed. */
  get isUp(): boolean {
    return this.openUntil === undefined;
  }

  /**
   * Returns the operation's answer, or `NO_ANSWER` if it fails or takes longer than the time-out. Never rejects.
   *
   * @param operation rejects only if Redis failed. An answer after the time-out is ignored
   */
  async run<T>(operation: () => Promise<T>): Promise<T | NoAnswer> {
    if (this.openUntil === undefined) {
      const answer = await this.attempt(operation);
      this.record(answer !== NO_ANSWER);
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
    const settled = new AbortController();
    const answer = await Promise.race([
      operation().catch((): NoAnswer => NO_ANSWER),
      this.timeout(settled.signal),
    ]);
    // Without a reason, `abort` would create an error with a stack for every operation.
    settled.abort(null);
    return answer;
  }

  private async timeout(signal: AbortSignal): Promise<NoAnswer> {
    await this.clock.sleep(this.options.timeoutMs, signal);
    // Node runs timers before it reads sockets. If the process was blocked, an answer may have arrived in time and not
    // been read yet, so the time-out waits until the sockets are read.
    if (!signal.aborted) await socketsRead();
    return NO_ANSWER;
  }

  private record(answered: boolean): void {
    // The operation began before the breaker opened, so its result says nothing about a recovery.
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
