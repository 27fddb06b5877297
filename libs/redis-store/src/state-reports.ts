import type { Clock } from '@app/resilience';

import type { StateChange } from './operation-guard.js';

/** What the log is told. `changes` counts the changes since the last report, if there were several. */
export type StateReport = StateChange & { readonly changes?: number };

/** How long changes are only counted after a report that Redis is down, in milliseconds. */
const QUIET_MS = 60_000;

/**
 * Reports the first failure and its end at once. Then a Redis that fails again and again is reported once a minute, with
 * the number of changes.
 */
export class StateReports {
  private current: StateChange = { state: 'up' };
  private reported: StateChange['state'] = 'up';
  private quiet: { readonly end: AbortController; changes: number } | undefined;

  constructor(
    private readonly report: (report: StateReport) => void,
    private readonly clock: Clock,
  ) {}

  change(change: StateChange): void {
    this.current = change;
    if (!this.quiet) {
      this.reportNow();
      void this.startQuiet();
    } else if (this.quiet.changes === 0 && this.reported === 'down' && change.state === 'up') {
      this.reportNow();
    } else {
      this.quiet.changes += 1;
    }
  }

  /** Ends the reports. */
  close(): void {
    this.quiet?.end.abort(null);
  }

  private reportNow(changes = 1): void {
    this.reported = this.current.state;
    this.report(changes > 1 ? { ...this.current, changes } : this.current);
  }

  private async startQuiet(): Promise<void> {
    const end = new AbortController();
    for (;;) {
      const quiet = { end, changes: 0 };
      this.quiet = quiet;
      await this.clock.sleep(QUIET_MS, end.signal);
      if (end.signal.aborted) return;
      if (quiet.changes === 0) break;
      this.reportNow(quiet.changes);
    }
    this.quiet = undefined;
  }
}
