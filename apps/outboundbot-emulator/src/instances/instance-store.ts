import { writeJson } from '../protocol/json.js';
import { describedFields, type InstanceRecord } from './instance-record.js';

/**
 * An instance and the JSON texts for the answers. The texts are written once, because writing them takes more time than any
 * other part of a call except the signature.
 */
interface StoredInstance {
  readonly record: InstanceRecord;
  /** Without the fields that only lists contain. */
  readonly describedJson: string;
  /** With all fields. */
  readonly listedJson: string;
}

/** A part of the instances that match a filter. */
interface InstancePage {
  /** One JSON text for each instance of the page. */
  readonly json: readonly string[];
  /** How many instances match the filter, on all pages. */
  readonly total: number;
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
    this.stored.set(id, {
      record: copy,
      describedJson: writeJson(describedFields(copy)),
      listedJson: writeJson(copy),
    });
  }

  /** A copy of one instance. */
  get(id: string): InstanceRecord | undefined {
    return structuredClone(this.stored.get(id)?.record);
  }

  /** One instance as JSON text with every digit, without the fields that only lists contain. */
  json(id: string): string | undefined {
    return this.stored.get(id)?.describedJson;
  }

  /**
   * A page of the instances that match a filter, in order of addition.
   *
   * The filter receives the stored records, not copies, so that long lists stay fast.
   *
   * @param start how many matching instances come before the page.
   * @param size the largest number of instances on the page.
   */
  page(matches: (record: Readonly<InstanceRecord>) => boolean, start: number, size: number): InstancePage {
    const json: string[] = [];
    let total = 0;
    for (const { record, listedJson } of this.stored.values()) {
      if (!matches(record)) continue;
      if (total >= start && json.length < size) json.push(listedJson);
      total += 1;
    }
    return { json, total };
  }

  /** Copies of all instances in order of addition. */
  list(): InstanceRecord[] {
    return [...this.stored.values()].map(({ record }) => structuredClone(record));
  }

  /** Removes an instance. Returns false when no instance has this id. */
  delete(id: string): boolean {
    return this.stored.delete(id);
  }

  /** Restores the instances of the start and removes every other one. */
  reset(): void {
    this.stored.clear();
    for (const record of this.seed) this.put(record);
  }
}
