import type { Clock } from '@app/resilience';

/** The length of a period in milliseconds. */
const PERIOD_MS = 1000;

/** The most lines of one address in a period. */
const MAX_LINES_PER_ADDRESS = 10;

/** The most lines of all addresses in a period: an attacker may have many addresses. */
const MAX_LINES = 50;

/** Limits the log lines that requests without a credential cause, so that a flood of requests does not fill a disk. */
export class LineSampler {
  private readonly linesByAddress = new Map<string | undefined, number>();
  private lines = 0;
  private endsAt = -Infinity;
  private omitted: Record<string, number> | undefined;

  /** @param report called a second after the first omitted line, with the number of omitted lines of each kind */
  constructor(
    private readonly clock: Clock,
    private readonly report: (omitted: Readonly<Record<string, number>>) => void,
  ) {}

  /**
   * Whether a line may be written. If not, it is counted.
   *
   * @param kind the line is counted under this name, of which there must be few
   */
  admits(address: string | undefined, kind: string): boolean {
    const now = this.clock.now();
    if (now >= this.endsAt) {
      this.endsAt = now + PERIOD_MS;
      this.linesByAddress.clear();
      this.lines = 0;
    }
    const linesOfAddress = this.linesByAddress.get(address) ?? 0;
    if (linesOfAddress < MAX_LINES_PER_ADDRESS && this.lines < MAX_LINES) {
      this.linesByAddress.set(address, linesOfAddress + 1);
      this.lines += 1;
      return true;
    }
    this.omitted ??= this.reportLater();
    this.omitted[kind] = (this.omitted[kind] ?? 0) + 1;
    return false;
  }

  private reportLater(): Record<string, number> {
    const omitted: Record<string, number> = {};
    void this.clock.sleep(PERIOD_MS).then(() => {
      this.omitted = undefined;
      this.report(omitted);
    });
    return omitted;
  }
}
