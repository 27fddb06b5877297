import { Heap, type HeapItem } from './heap.js';
import { type Linked, LinkedList } from './linked-list.js';

/** A task that waits for a slot. */
export class QueuedTask implements Linked<QueuedTask>, HeapItem {
  previous: QueuedTask | undefined;
  next: QueuedTask | undefined;
  heapIndex = 0;

  /** @param expiresAt when the wait ends without a slot, in milliseconds on the clock */
  constructor(
    readonly flow: Flow,
    readonly expiresAt: number,
    readonly isWanted: () => boolean,
    readonly settle: (hasSlot: boolean) => void,
  ) {}
}

/** The tasks of one caller. */
export class Flow implements Linked<Flow>, HeapItem {
  previous: Flow | undefined;
  next: Flow | undefined;
  heapIndex = 0;
  /** How many slots the flow holds. */
  running = 0;
  /** In the order of arrival. */
  readonly waiting = new LinkedList<QueuedTask>();

  constructor(readonly name: string) {}

  get isIdle(): boolean {
    return this.running === 0 && this.waiting.size === 0;
  }
}

/**
 * Waiting tasks, in flows that are served in turn (fair queueing, RFC 970). No operation takes more than logarithmic time,
 * and memory is needed only for tasks that wait.
 */
export class FairQueue {
  /** The flows that have waiting tasks. The first one is served next. */
  private readonly round = new LinkedList<Flow>();
  /** The same flows, the longest first. Among flows of the same length, the one with the most slots is first. */
  private readonly byLength = new Heap<Flow>(
    ({ waiting: a, running: slotsOfA }, { waiting: b, running: slotsOfB }) =>
      a.size > b.size || (a.size === b.size && slotsOfA > slotsOfB),
  );
  private readonly byExpiry = new Heap<QueuedTask>((a, b) => a.expiresAt < b.expiresAt);
  private nextCheck = 0;

  get size(): number {
    return this.byExpiry.size;
  }

  /** The task whose wait ends first. */
  get firstToExpire(): QueuedTask | undefined {
    return this.byExpiry.top;
  }

  add(task: QueuedTask): void {
    const { flow } = task;
    flow.waiting.push(task);
    this.byExpiry.push(task);
    if (flow.waiting.size > 1) {
      this.byLength.update(flow);
      return;
    }
    this.round.push(flow);
    this.byLength.push(flow);
  }

  remove(task: QueuedTask): void {
    const { flow } = task;
    flow.waiting.remove(task);
    this.byExpiry.remove(task);
    if (flow.waiting.size > 0) {
      this.byLength.update(flow);
      return;
    }
    this.round.remove(flow);
    this.byLength.remove(flow);
  }

  /** Takes a slot away from the flow that held it. */
  release(flow: Flow): void {
    flow.running -= 1;
    if (flow.waiting.size > 0) this.byLength.update(flow);
  }

  /**
   * Gives a free slot to the task whose turn it is, which no longer waits then. A flow with `maxSlots` loses no turn: it is served as soon as it has fewer, or
   * when no other flow waits.
   *
   * @param maxSlots at most one flow may hold as many slots as this
   */
  giveSlot(maxSlots: number): QueuedTask | undefined {
    const { first } = this.round;
    const flow = first && first.running >= maxSlots ? (first.next ?? first) : first;
    const task = flow?.waiting.first;
    if (!flow || !task) return undefined;
    flow.running += 1;
    this.remove(task);
    if (flow.waiting.size > 0) {
      this.round.remove(flow);
      this.round.push(flow);
    }
    return task;
  }

  /**
   * The newest task of the longest flow, if the flows would be less unequal with a task of the given flow in its place.
   * Flows that differ by one task only are compared by their slots. So two flows never push out each other's tasks in turn.
   */
  taskToReplace(flow: Flow): QueuedTask | undefined {
    const longest = this.byLength.top;
    if (!longest) return undefined;
    const excess = longest.waiting.size - flow.waiting.size;
    const isFairer = excess > 1 || (excess === 1 && longest.running > flow.running);
    return isFairer ? longest.waiting.last : undefined;
  }

  /** The abandoned ones among some of the tasks. The next search continues where this one ends. */
  findAbandoned(maxChecks: number): readonly QueuedTask[] {
    const abandoned: QueuedTask[] = [];
    for (let checks = Math.min(maxChecks, this.size); checks > 0; checks -= 1) {
      this.nextCheck = this.nextCheck + 1 < this.size ? this.nextCheck + 1 : 0;
      const task = this.byExpiry.at(this.nextCheck);
      if (task && !task.isWanted()) abandoned.push(task);
    }
    return abandoned;
  }
}
