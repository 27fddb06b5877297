import type { Deadline } from './deadline.js';
import type { Rejection } from './rejection.js';

/** A caller of a call, which other callers may share. */
export class Caller {
  /**
   * @param flow the name under which the caller waits for a slot; flows get slots in turn
   * @param deadline when the caller must have an answer
   * @param reject is called if this caller gets no turn, while the call goes on for other callers
   */
  constructor(
    readonly flow: string,
    readonly deadline: Deadline,
    readonly reject: (rejection: Rejection) => void = () => undefined,
  ) {}
}

/**
 * The callers that share a call. Others may join until the call ends.
 *
 * One caller leaving does not cancel the call. When all have left, the call should start no further work, unless another
 * caller joins before it ends.
 */
export class Callers {
  /** Called with each caller that joins. */
  onJoin: ((caller: Caller) => void) | undefined;
  private readonly waiting: Set<Caller>;
  private lastToLeave: Caller;

  constructor(first: Caller) {
    this.waiting = new Set([first]);
    this.lastToLeave = first;
  }

  /** Whether a caller still waits. */
  get isWanted(): boolean {
    return this.waiting.size > 0;
  }

  /** The callers that wait, in the order in which they joined. A call that all have left is made for the last one. */
  get all(): readonly Caller[] {
    return this.isWanted ? [...this.waiting] : [this.lastToLeave];
  }

  /** The caller that has waited longest, so that its deadline is the earliest. */
  get first(): Caller {
    const [first = this.lastToLeave] = this.waiting;
    return first;
  }

  join(caller: Caller): void {
    this.waiting.add(caller);
    this.onJoin?.(caller);
  }

  leave(caller: Caller): void {
    if (this.waiting.delete(caller)) this.lastToLeave = caller;
  }

  /** Ends the wait of one caller; the call goes on for the others. */
  reject(caller: Caller, rejection: Rejection): void {
    this.leave(caller);
    caller.reject(rejection);
  }
}
