import { writeJson } from '../protocol/json.js';
import type { InstanceRecord } from './instance-record.js';

interface StoredInstance {
  readonly record: InstanceRecord;
  /** Written once, since writing it takes more time than any other part of a call except the signature. */
  readonly json: string;
}

/** The instances of the emulator. Records are copied when they are stored and when they are returned. */
export class InstanceStore {
  private readonly stored = new Map<string, StoredInstance>();

  constructor(private readonly seed: readonly InstanceRecord[]) {
    this.reset();
  }

  /** Adds or replaces the instance with this `id`, which may differ from the `InstanceId` of the record. */
  put(record: InstanceRecord, id: string = record.InstanceId): void {
    const copy = structuredClone(record);
    this.stored.set(id, { record: copy, json: writeJson(copy) });
  }

  /** A copy of one instance. */
  get(id: string): InstanceRecord | undefined {
    return structuredClone(this.stored.get(id)?.record);
  }

  /** One instance as JSON text with every digit. */
  json(id: string): string | undefined {
    return this.stored.get(id)?.json;
  }

  /** Copies of all instances in order of addition. */
  list(): InstanceRecord[] {
    return [...this.stored.values()].map(({ record }) => structuredClone(record));
  }

  /** Removes an instance. False when there was none. */
  delete(id: string): boolean {
    return this.stored.delete(id);
  }

  /** Restores the seed and removes every other instance. */
  reset(): void {
    this.stored.clear();
    for (const record of this.seed) this.put(record);
  }
}
