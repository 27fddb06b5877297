import type { SignatureVersion } from './protocol/api-call.js';

/** One call of the API, answered or refused. It holds no signature and no secret. */
export interface CallRecord {
  /** Null when the call targets no instance. */
  readonly instanceId: string | null;
  readonly action: string | null;
  readonly method: string;
  readonly signature: SignatureVersion;
  readonly nonce: string | null;
  readonly requestId: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly accept: string | null;
}

/** What the steering API answers about the calls so far. */
export interface CallSummary {
  readonly total: number;
  readonly byInstance: Readonly<Record<string, number>>;
  readonly byAction: Readonly<Record<string, number>>;
  readonly calls: readonly CallRecord[];
}

const kept = 1000;

/** Counts all API calls and keeps the records of the last 1,000. */
export class CallLog {
  private records: CallRecord[] = [];
  private readonly byInstance = new Map<string, number>();
  private readonly byAction = new Map<string, number>();
  private total = 0;

  record(call: CallRecord): void {
    this.total += 1;
    increment(this.byInstance, call.instanceId);
    increment(this.byAction, call.action);
    this.records.push(call);
    // Dropping a thousand at once is cheaper than moving the list on every call.
    if (this.records.length >= 2 * kept) this.records = this.records.slice(-kept);
  }

  /** How many calls targeted this instance; without an id, how many calls there were in all. */
  count(instanceId?: string): number {
    return instanceId === undefined ? this.total : (this.byInstance.get(instanceId) ?? 0);
  }

  /** How many calls named this action. */
  countByAction(action: string): number {
    return this.byAction.get(action) ?? 0;
  }

  /** The last calls, at most 1,000, oldest first. */
  list(): readonly CallRecord[] {
    return this.records.slice(-kept);
  }

  /** All counts and the last calls. */
  summary(): CallSummary {
    return {
      total: this.total,
      byInstance: Object.fromEntries(this.byInstance),
      byAction: Object.fromEntries(this.byAction),
      calls: this.list(),
    };
  }

  /** Removes all records and sets every count to zero. */
  clear(): void {
    this.records = [];
    this.byInstance.clear();
    this.byAction.clear();
    this.total = 0;
  }
}

function increment(counts: Map<string, number>, key: string | null): void {
  if (key !== null) counts.set(key, (counts.get(key) ?? 0) + 1);
}
