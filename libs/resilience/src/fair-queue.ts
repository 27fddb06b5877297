import type { Caller, Callers } from './callers.js';
import { Heap, type HeapItem } from './heap.js';
import { type Linked, LinkedList } from './linked-list.js';

/** A task that waits for a slot. It has a claim in the flow of each of its callers; the first turn of any of them serves it. */
export class QueuedTask {
  readonly claims = new Map<Flow, Claim>();

  /** @param settle takes the flow whose slot the task gets, or undefined if the task gets none */
  constructor(
    readonly callers: Callers,
    readonly settle: (flow: Flow | undefined) => void,
  ) {}
}

/** The wait of one caller. */
interface Wait {
  readonly caller: Caller;
  /** When it ends without a slot, in milliseconds on the clock. */
  readonly expiresAt: number;
}

/** The place of a task in one flow, for all callers of this flow: however many they are, the task takes one turn. */
export class Claim implements Linked<Claim>, HeapItem {
  previous: Claim | undefined;
  next: Claim | undefined;
  heapIndex = 0;
  /** In the order in which they end, which is that in which the callers came. */
  readonly waits: Wait[] = [];

  constructor(
    readonly task: QueuedTask,
    readonly flow: Flow,
  ) {}

  /** When the next of its waits ends. */
  get expiresAt(): number {
    return this.waits[0]?.expiresAt ?? Infinity;
  }
}

/** The tasks of one caller. */
export class Flow implements Linked<Flow>, HeapItem {
  previous: Flow | undefined;
  next: Flow | undefined;
  heapIndex = 0;
  /** How many slots the flow holds. */
  running = 0;
  /** In the order of arrival. */
  readonly waiting = new LinkedList<Claim>();

  constructor(readonly name: string) {}
}

/**
 * Waiting tasks, in flows that are served in turn (fair queueing, RFC 970). No operation on a claim takes more than
 * logarithmic time, and memory is needed only for flows with a running or a waiting task.
 */
export class FairQueue {
  /** How many tasks wait. */
  size = 0;
  /** The flows with a running or a waiting task, by name. */
  private readonly flows = new Map<string, Flow>();
  /** The flows that have waiting tasks. The first one is served next. */
  private readonly round = new LinkedList<Flow>();
  /** The same flows, the longest first. Among flows of the same length, the one with the most slots is first. */
  private readonly byLength = new Heap<Flow>(
    ({ waiting: a, running: slotsOfA }, { waiting: b, running: slotsOfB }) =>
      a.size > b.size || (a.size === b.size && slotsOfA > slotsOfB),
  );
  private readonly byExpiry = new Heap<Claim>((a, b) => a.expiresAt < b.expiresAt);
  private nextCheck = 0;

  /** The claim with the wait that ends first. */
  get firstToExpire(): Claim | undefined {
    return this.byExpiry.top;
  }

  flowOf(name: string): Flow {
    return this.flows.get(name) ?? new Flow(name);
  }

  /** Has a caller wait for a task: in the claim of its flow, which is made at the end of the flow if there is none. */
  add(task: QueuedTask, wait: Wait): void {
    const flow = this.flowOf(wait.caller.flow);
    const known = task.claims.get(flow);
    if (known) {
      known.waits.push(wait);
      return;
    }
    const claim = new Claim(task, flow);
    claim.waits.push(wait);
    if (task.claims.size === 0) this.size += 1;
    task.claims.set(flow, claim);
    this.byExpiry.push(claim);
    flow.waiting.push(claim);
    if (flow.waiting.size > 1) {
      this.byLength.update(flow);
      return;
    }
    this.flows.set(flow.name, flow);
    this.round.push(flow);
    this.byLength.push(flow);
  }

  remove(claim: Claim): void {
    const { task, flow } = claim;
    task.claims.delete(flow);
    if (task.claims.size === 0) this.size -= 1;
    this.byExpiry.remove(claim);
    flow.waiting.remove(claim);
    if (flow.waiting.size > 0) {
      this.byLength.update(flow);
      return;
    }
    this.round.remove(flow);
    this.byLength.remove(flow);
    this.forgetIfIdle(flow);
  }

  removeTask({ claims }: QueuedTask): void {
    for (const claim of claims.values()) this.remove(claim);
  }

  /** Removes and returns the waits of a claim that end by this time, and the claim with the last of them. */
  removeWaits(claim: Claim, until: number): readonly Wait[] {
    const { waits } = claim;
    const firstLeft = waits.findIndex(({ expiresAt }) => expiresAt > until);
    if (firstLeft === -1) {
      this.remove(claim);
      return waits;
    }
    const over = waits.splice(0, firstLeft);
    this.byExpiry.update(claim);
    return over;
  }

  /** Gives a slot to a flow although it has not waited. */
  takeSlot(flow: Flow): void {
    flow.running += 1;
    this.flows.set(flow.name, flow);
  }

  /** Takes a slot away from the flow that held it. */
  release(flow: Flow): void {
    flow.running -= 1;
    if (flow.waiting.size > 0) this.byLength.update(flow);
    else this.forgetIfIdle(flow);
  }

  /**
   * Gives a free slot to the flow whose turn it is, for its oldest task. The task no longer waits then, in no flow. A flow with
   * `maxSlots` loses no turn: it is served as soon as it has fewer, or when no other flow waits.
   *
   * @param maxSlots at most one flow may hold as many slots as this
   */
  giveSlot(maxSlots: number): Claim | undefined {
    const { first } = this.round;
    const flow = first && first.running >= maxSlots ? (first.next ?? first) : first;
    const claim = flow?.waiting.first;
    if (!flow || !claim) return undefined;
    flow.running += 1;
    this.removeTask(claim.task);
    if (flow.waiting.size > 0) {
      this.round.remove(flow);
      this.round.push(flow);
    }
    return claim;
  }

  /**
   * The newest claim of the longest flow, if the flows would be less unequal with a task of the given flow in its place.
   * Flows that differ by one task only are compared by their slots. So two flows never push out each other's tasks in turn.
   */
  claimToReplace(flow: Flow): Claim | undefined {
    const longest = this.byLength.top;
    if (!longest) return undefined;
    const excess = longest.waiting.size - flow.waiting.size;
    const isFairer = excess > 1 || (excess === 1 && longest.running > flow.running);
    return isFairer ? longest.waiting.last : undefined;
  }

  /** The abandoned tasks behind some of the claims. The next search continues where this one ends. */
  findAbandoned(maxChecks: number): ReadonlySet<QueuedTask> {
    const abandoned = new Set<QueuedTask>();
    const { size } = this.byExpiry;
    for (let checks = Math.min(maxChecks, size); checks > 0; checks -= 1) {
      this.nextCheck = this.nextCheck + 1 < size ? this.nextCheck + 1 : 0;
      const task = this.byExpiry.at(this.nextCheck)?.task;
      if (task && !task.callers.isWanted) abandoned.add(task);
    }
    return abandoned;
  }

  private forgetIfIdle(flow: Flow): void {
    if (flow.running === 0 && flow.waiting.size === 0) this.flows.delete(flow.name);
  }
}
