import type { Clock } from './clock.js';
import { rejectedBy, type Rejection } from './rejection.js';

export interface ConcurrencyLimitOptions {
  /** How many tasks may run at once. */
  readonly maxConcurrency: number;
  /** How many tasks may wait. Further tasks are rejected at once. */
  readonly maxQueue: number;
}

interface QueuedTask {
  readonly isWanted: () => boolean;
  /** The time at which the wait ends without a slot, in milliseconds on the clock. */
  readonly expiresAt: number;
  readonly settle: (hasSlot: boolean) => void;
}

/** Sent to rejected callers. Slots become free all the time, so these callers may soon try again. */
const RETRY_AFTER_MS = 1000;

/** Bounds how many tasks run at once and how many wait (a bulkhead). Waiting tasks run in the order of their arrival. */
export class ConcurrencyLimit {
  private running = 0;
  private readonly queue = new Set<QueuedTask>();
  private expiryTimer: { readonly at: number; readonly cancel: AbortController } | undefined;

  constructor(
    private readonly options: ConcurrencyLimitOptions,
    private readonly clock: Clock,
  ) {}

  /** How many tasks run, and how many wait. */
  get figures(): { readonly inFlight: number; readonly queued: number } {
    return { inFlight: this.running, queued: this.queue.size };
  }

  /**
   * @param maxWaitMs the longest wait for a slot, in milliseconds
   * @param isWanted whether a caller still waits for the result; in a full queue, abandoned tasks are evicted first
   */
  async run<T>(task: () => Promise<T>, maxWaitMs: number, isWanted: () => boolean): Promise<T | Rejection> {
    if (this.running < this.options.maxConcurrency) this.running += 1;
    else if (!(await this.waitForSlot(maxWaitMs, isWanted)))
      return rejectedBy('concurrency-limit', RETRY_AFTER_MS);
    try {
      return await task();
    } finally {
      this.releaseSlot();
    }
  }

  /**
   * Resolves with true when the task gets a slot, and with false if the queue is full or the wait ends without a slot.
   */
  private async waitForSlot(maxWaitMs: number, isWanted: () => boolean): Promise<boolean> {
    if (this.queue.size >= this.options.maxQueue) this.evictAbandoned();
    if (this.queue.size >= this.options.maxQueue) return false;
    return new Promise((settle) => {
      const expiresAt = this.clock.now() + maxWaitMs;
      this.queue.add({ isWanted, expiresAt, settle });
      if (!this.expiryTimer || expiresAt < this.expiryTimer.at) void this.startExpiryTimer(expiresAt);
    });
  }

  /** Hands the slot over to the first waiting task, if there is one. */
  private releaseSlot(): void {
    const [next] = this.queue;
    if (next) this.dequeue(next, true);
    else this.running -= 1;
  }

  private evictAbandoned(): void {
    for (const task of this.queue) if (!task.isWanted()) this.dequeue(task, false);
  }

  private dequeue(task: QueuedTask, hasSlot: boolean): void {
    this.queue.delete(task);
    task.settle(hasSlot);
  }

  /** One timer for the whole queue: a timer for each task made requests 1.5 times as expensive under overload. */
  private async startExpiryTimer(at: number): Promise<void> {
    this.expiryTimer?.cancel.abort(null);
    const timer = { at, cancel: new AbortController() };
    this.expiryTimer = timer;
    await this.clock.sleep(at - this.clock.now(), timer.cancel.signal);
    if (this.expiryTimer !== timer) return;
    this.expiryTimer = undefined;
    const now = this.clock.now();
    for (const task of this.queue) if (task.expiresAt <= now) this.dequeue(task, false);
    const next = Math.min(...[...this.queue].map(({ expiresAt }) => expiresAt));
    if (next < Infinity) void this.startExpiryTimer(next);
  }
}
