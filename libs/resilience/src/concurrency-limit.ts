import type { Clock } from './clock.js';
import { FairQueue, Flow, QueuedTask } from './fair-queue.js';
import { rejectedBy, type Rejection } from './rejection.js';

export interface ConcurrencyLimitOptions {
  /** How many tasks may run at once. */
  readonly maxConcurrency: number;
  /** How many tasks may wait. */
  readonly maxQueue: number;
}

/** How a task waits for a slot. */
export interface WaitOptions {
  /** The caller for which the task runs. Waiting flows get slots in turn. */
  readonly flow: string;
  /** The longest wait for a slot, in milliseconds. */
  readonly maxWaitMs: number;
  /** Whether a caller still waits for the result; in a full queue, abandoned tasks are evicted first. */
  readonly isWanted: () => boolean;
}

/** Sent to rejected callers. Slots become free all the time, so these callers may soon try again. */
const RETRY_AFTER_MS = 1000;

/** A newcomer to a full queue checks this many tasks: checking all of a queue of 100,000 takes half a millisecond. */
const ABANDONED_CHECKS = 256;

/**
 * Bounds how many tasks run at once and how many wait (a bulkhead), and shares both fairly between flows:
 *
 * - A free slot goes to the next waiting flow in turn, within a flow in the order of arrival. A flow with half of the slots
 *   (rounded up) gets no further one while another flow waits. A slot is never free while a task waits.
 * - In a full queue a newcomer pushes out the newest task of the longest flow, if the flows become less unequal. So a flow
 *   keeps more than half of the queue only as long as the other flows do not need the room.
 *
 * A flow that is alone may use all slots and the whole queue. A running task is never stopped for another flow.
 */
export class ConcurrencyLimit {
  private running = 0;
  /** The flows with a running or a waiting task. */
  private readonly flows = new Map<string, Flow>();
  private readonly queue = new FairQueue();
  private readonly maxSlotsOfFlow: number;
  private expiryTimer: { readonly at: number; readonly cancel: AbortController } | undefined;

  constructor(
    private readonly options: ConcurrencyLimitOptions,
    private readonly clock: Clock,
  ) {
    this.maxSlotsOfFlow = Math.ceil(options.maxConcurrency / 2);
  }

  /** How many tasks run, and how many wait. */
  get figures(): { readonly inFlight: number; readonly queued: number } {
    return { inFlight: this.running, queued: this.queue.size };
  }

  async run<T>(task: () => Promise<T>, options: WaitOptions): Promise<T | Rejection> {
    const flow = this.flows.get(options.flow) ?? new Flow(options.flow);
    if (this.running < this.options.maxConcurrency) this.takeFreeSlot(flow);
    else if (!(await this.waitForSlot(flow, options))) return rejectedBy('concurrency-limit', RETRY_AFTER_MS);
    try {
      return await task();
    } finally {
      this.releaseSlot(flow);
    }
  }

  private takeFreeSlot(flow: Flow): void {
    this.running += 1;
    flow.running += 1;
    this.flows.set(flow.name, flow);
  }

  /** Resolves with true when the task gets a slot, and with false if the task is rejected or its wait ends. */
  private async waitForSlot(flow: Flow, { maxWaitMs, isWanted }: WaitOptions): Promise<boolean> {
    if (!this.makeRoom(flow)) return false;
    return new Promise((settle) => {
      const expiresAt = this.clock.now() + maxWaitMs;
      this.queue.add(new QueuedTask(flow, expiresAt, isWanted, settle));
      this.flows.set(flow.name, flow);
      if (!this.expiryTimer || expiresAt < this.expiryTimer.at) void this.startExpiryTimer(expiresAt);
    });
  }

  private makeRoom(flow: Flow): boolean {
    const { queue } = this;
    const { maxQueue } = this.options;
    if (queue.size < maxQueue) return true;
    for (const task of queue.findAbandoned(ABANDONED_CHECKS)) this.reject(task);
    if (queue.size < maxQueue) return true;
    const replaced = queue.taskToReplace(flow);
    if (!replaced) return false;
    this.reject(replaced);
    return true;
  }

  /** Hands the slot over to a waiting task, if there is one. */
  private releaseSlot(flow: Flow): void {
    this.queue.release(flow);
    const next = this.queue.giveSlot(this.maxSlotsOfFlow);
    if (next) next.settle(true);
    else this.running -= 1;
    this.forgetIfIdle(flow);
  }

  private reject(task: QueuedTask): void {
    this.queue.remove(task);
    this.forgetIfIdle(task.flow);
    task.settle(false);
  }

  private forgetIfIdle(flow: Flow): void {
    if (flow.isIdle) this.flows.delete(flow.name);
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
    let next = this.queue.firstToExpire;
    for (; next && next.expiresAt <= now; next = this.queue.firstToExpire) this.reject(next);
    if (next) void this.startExpiryTimer(next.expiresAt);
  }
}
