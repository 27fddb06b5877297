import type { Caller, Callers } from './callers.js';
import type { Clock } from './clock.js';
import { type Claim, FairQueue, type Flow, QueuedTask } from './fair-queue.js';
import { rejectedBy, type Rejection } from './rejection.js';

export interface ConcurrencyLimitOptions {
  /** How many tasks may run at once. */
  readonly maxConcurrency: number;
  /** How many tasks may wait. */
  readonly maxQueue: number;
}

/** How a task waits for a slot. */
export interface WaitOptions {
  /**
   * The callers for which the task runs. Each waits in its own flow, also a caller that joins meanwhile, and waiting flows get
   * slots in turn. In a full queue, tasks that all callers have left are evicted first.
   */
  readonly callers: Callers;
  /** The longest wait of a caller from now, in milliseconds. */
  readonly maxWaitMs: (caller: Caller) => number;
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
 *
 * A task with callers of several flows waits in all of them: it is served by the first turn of any of these flows, which holds
 * the slot, and rejected when it has lost its place in all of them. A caller whose own flow has no place for it is rejected
 * alone. So a caller is never worse off because another one asked first.
 */
export class ConcurrencyLimit {
  private running = 0;
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
    const isFree = this.running < this.options.maxConcurrency;
    const flow = isFree ? this.takeFreeSlot(options.callers) : await this.waitForSlot(options);
    if (!flow) return rejected();
    try {
      return await task();
    } finally {
      this.releaseSlot(flow);
    }
  }

  private takeFreeSlot({ first }: Callers): Flow {
    const flow = this.queue.flowOf(first.flow);
    this.running += 1;
    this.queue.takeSlot(flow);
    return flow;
  }

  /** Resolves with the flow that has got a slot for the task, and with undefined when the task is rejected. */
  private async waitForSlot({ callers, maxWaitMs }: WaitOptions): Promise<Flow | undefined> {
    if (!this.makeRoom(callers)) return undefined;
    return new Promise((resolve) => {
      const task = new QueuedTask(callers, (flow) => {
        callers.onJoin = undefined;
        resolve(flow);
      });
      const wait = (caller: Caller): void => {
        const expiresAt = this.clock.now() + maxWaitMs(caller);
        this.queue.add(task, { caller, expiresAt });
        if (!this.expiryTimer || expiresAt < this.expiryTimer.at) void this.startExpiryTimer(expiresAt);
      };
      for (const caller of callers.all) wait(caller);
      callers.onJoin = wait;
    });
  }

  /** Whether the queue has a place for a task of these callers, if need be at the expense of a longer flow. */
  private makeRoom(callers: Callers): boolean {
    const { queue } = this;
    if (this.hasRoom()) return true;
    for (const task of queue.findAbandoned(ABANDONED_CHECKS)) {
      queue.removeTask(task);
      task.settle(undefined);
    }
    for (const name of new Set(callers.all.map(({ flow }) => flow))) {
      const flow = queue.flowOf(name);
      while (!this.hasRoom()) {
        // A task that another flow wants too keeps its place: then this only shortens the longest flow.
        const replaced = queue.claimToReplace(flow);
        if (!replaced) break;
        this.endWaits(replaced);
      }
    }
    return this.hasRoom();
  }

  private hasRoom(): boolean {
    return this.queue.size < this.options.maxQueue;
  }

  /** Hands the slot over to a waiting task, if there is one. */
  private releaseSlot(flow: Flow): void {
    this.queue.release(flow);
    const next = this.queue.giveSlot(this.maxSlotsOfFlow);
    if (next) next.task.settle(next.flow);
    else this.running -= 1;
  }

  /** Ends the waits of a claim that are over by this time. The task waits on for its other callers. */
  private endWaits(claim: Claim, until = Infinity): void {
    const { task } = claim;
    const over = this.queue.removeWaits(claim, until);
    if (task.claims.size === 0) task.settle(undefined);
    else for (const { caller } of over) task.callers.reject(caller, rejected());
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
    for (; next && next.expiresAt <= now; next = this.queue.firstToExpire) this.endWaits(next, now);
    if (next) void this.startExpiryTimer(next.expiresAt);
  }
}

function rejected(): Rejection {
  return rejectedBy('concurrency-limit', RETRY_AFTER_MS);
}
