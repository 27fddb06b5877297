import type { CallFault, Fault, ForgetFault } from './fault.js';

/** A fault that still strikes; `remaining` is the number of calls it has left, null for no limit. */
export type LiveFault = Fault & { readonly remaining: number | null };

/** A fault in the script, with what it has seen. */
interface Entry {
  readonly fault: Fault;
  remaining: number;
  /** For a quota: when its window began, in epoch milliseconds, and the calls in it. */
  readonly window: { beganAt: number; calls: number };
}

/** The call that a fault may affect. */
export interface CallTarget {
  readonly action: string;
  /** Undefined when the call targets no instance. */
  readonly instanceId: string | undefined;
}

/** The faults that were scripted, in order of addition. */
export class FaultScript {
  private live: Entry[] = [];

  /** Adds one fault or several at the end. */
  add(faults: Fault | readonly Fault[]): void {
    for (const fault of isList(faults) ? faults : [faults]) {
      this.live.push({
        fault,
        remaining: fault.times ?? Infinity,
        window: { beganAt: -Infinity, calls: 0 },
      });
    }
  }

  /**
   * The first fault that strikes a call for this instance, counted as used. A quota strikes as the error that it gives.
   *
   * @param at epoch milliseconds
   */
  take({ instanceId }: CallTarget, at: number = Date.now()): CallFault | undefined {
    for (const entry of this.live) {
      const struck = strike(entry, instanceId, at);
      if (!struck) continue;
      this.use(entry);
      return struck;
    }
    return undefined;
  }

  /**
   * How a connection was forgotten, counted as used; undefined if it was not.
   *
   * @param idleMs since its last answer, in milliseconds
   */
  takeForgotten(idleMs: number): NonNullable<ForgetFault['by']> | undefined {
    for (const entry of this.live) {
      const { fault } = entry;
      if (fault.kind !== 'forget' || idleMs < fault.afterMs) continue;
      this.use(entry);
      return fault.by ?? 'reset';
    }
    return undefined;
  }

  /** The faults that still strike. */
  list(): LiveFault[] {
    return this.live.map(({ fault, remaining }) => ({
      ...fault,
      remaining: Number.isFinite(remaining) ? remaining : null,
    }));
  }

  /** Removes all of them. Calls that already hang go on hanging. */
  clear(): void {
    this.live = [];
  }

  private use(entry: Entry): void {
    entry.remaining -= 1;
    if (entry.remaining <= 0) this.live = this.live.filter((other) => other !== entry);
  }
}

function strike({ fault, window }: Entry, instanceId: string | undefined, at: number): CallFault | undefined {
  if (fault.kind === 'forget') return undefined;
  if (fault.instanceId !== undefined && fault.instanceId !== instanceId) return undefined;
  if (fault.kind !== 'quota') return fault;

  const { calls, windowMs, code = 'Throttling.User', delayMs } = fault;
  if (at >= window.beganAt + windowMs) {
    window.beganAt = at;
    window.calls = 0;
  }
  window.calls += 1;
  if (window.calls <= calls) return undefined;
  const retryAfter = String(window.beganAt + windowMs - at);
  return { kind: 'error', code, retryAfter, ...(delayMs === undefined ? {} : { delayMs }) };
}

// Array.isArray does not narrow a readonly list out of a union.
function isList(faults: Fault | readonly Fault[]): faults is readonly Fault[] {
  return Array.isArray(faults);
}
