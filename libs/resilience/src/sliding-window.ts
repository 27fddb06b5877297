import type { Clock } from './clock.js';

/** The window moves in steps of a tenth of its length, so that counting costs the same for any number of calls. */
const SLICES = 10;

interface Slice {
  startedAt: number;
  total: number;
  failures: number;
}

/** Counts the calls of the last `lengthMs`, and the failures among them. */
export class SlidingWindow {
  private slices: Slice[] = [];

  /** @param lengthMs how far back it counts, in milliseconds */
  constructor(
    private readonly lengthMs: number,
    private readonly clock: Clock,
  ) {}

  add(failed: boolean): void {
    const slice = this.currentSlice();
    slice.total += 1;
    if (failed) slice.failures += 1;
  }

  counts(): { readonly total: number; readonly failures: number } {
    this.dropOldSlices();
    let total = 0;
    let failures = 0;
    for (const slice of this.slices) {
      total += slice.total;
      failures += slice.failures;
    }
    return { total, failures };
  }

  clear(): void {
    this.slices = [];
  }

  private currentSlice(): Slice {
    this.dropOldSlices();
    const now = this.clock.now();
    const last = this.slices.at(-1);
    if (last && now - last.startedAt < this.lengthMs / SLICES) return last;
    const slice = { startedAt: now, total: 0, failures: 0 };
    this.slices.push(slice);
    return slice;
  }

  private dropOldSlices(): void {
    const oldest = this.clock.now() - this.lengthMs;
    while (this.slices[0] && this.slices[0].startedAt <= oldest) this.slices.shift();
  }
}
