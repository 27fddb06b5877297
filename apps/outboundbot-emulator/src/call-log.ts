import type { SignatureVersion } from './protocol/api-call.js';

/** One call to the service, whether it was answered, refused or hit by a fault. Holds no signature and no secret. */
export interface CallRecord {
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

/** What the steering API tells about the calls so far. */
export interface CallSummary {
  readonly total: number;
  readonly byInstance: Readonly<Record<string, number>>;
  readonly calls: readonly CallRecord[];
}

const kept = 1000;

/** Counts the calls and keeps the last 1,000 of them. The counts stay exact when older calls are dropped. */
export class CallLog {
  private records: CallRecord[] = [];
  private readonly byInstance = new Map<string, number>();
  private total = 0;

  /** Adds one call. */
  record(call: CallRecord): void {
    this.total += 1;
    if (call.instanceId !== null) {
      this.byInstance.set(call.instanceId, (this.byInstance.get(call.instanceId) ?? 0) + 1);
    }
    this.records.push(call);
    // Dropping a thousand at once is cheaper than moving the list on every call.
    if (this.records.length >= 2 * kept) this.records = this.records.slice(-kept);
  }

  /** How many calls asked for this instance, or how many there were at all. */
  count(instanceId?: string): number {
    return instanceId === undefined ? this.total : (this.byInstance.get(instanceId) ?? 0);
  }

  /** The last calls, at most 1,000, oldest first. */
  list(): readonly CallRecord[] {
    return this.records.slice(-kept);
  }

  /** All of it as one value. */
  summary(): CallSummary {
    return { total: this.total, byInstance: Object.fromEntries(this.byInstance), calls: this.list() };
  }

  /** Starts again from zero. */
  clear(): void {
    this.records = [];
    this.byInstance.clear();
    this.total = 0;
  }
}
