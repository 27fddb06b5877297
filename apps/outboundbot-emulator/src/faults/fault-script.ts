import type { CallFault, Fault, ForgetFault } from './fault.js';

/** A fault that is still active. `remaining` is how many more calls the fault affects; null means no limit. */
export type LiveFault = Fault & { readonly remaining: number | null };

/** The call that a fault may affect. */
export interface CallTarget {
  readonly action: string;
  /** Undefined when the call targets no instance. */
  readonly instanceId: string | undefined;
}

interface Entry {
  readonly fault: Fault;
  remaining: number;
  /** For a quota: when the window began, in epoch milliseconds, and how many calls the window has so far. */
  readonly window: { beganAt: number; calls: number };
}

/** The scripted faults, in order of addition. */
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
   * Returns the first fault that affects a call and counts the fault as used. For a quota this is a throttling error.
   *
   * @param at epoch milliseconds
   */
  take(call: CallTarget, at: number = Date.now()): CallFault | undefined {
    for (const entry of this.live) {
      const fault = faultFor(call, entry, at);
      if (fault === undefined) continue;
      this.use(entry);
      return fault;
    }
    return undefined;
  }

  /**
   * Returns how a connection is dropped and counts the fault as used; undefined when the connection is not dropped.
   *
   * @param idleMs milliseconds since the last answer on the connection
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

  /** The faults that are still active. */
  list(): LiveFault[] {
    return this.live.map(({ fault, remaining }) => ({
      ...fault,
      remaining: Number.isFinite(remaining) ? remaining : null,
    }));
  }

  /** Removes all faults. Calls that already hang continue to hang. */
  clear(): void {
    this.live = [];
  }

  private use(entry: Entry): void {
    entry.remaining -= 1;
    if (entry.remaining <= 0) this.live = this.live.filter((other) => other !== entry);
  }
}

function faultFor(call: CallTarget, { fault, window }: Entry, at: number): CallFault | undefined {
  if (fault.kind === 'forget') return undefined;
  if (fault.kind === 'paging') return call.action === 'ListInstances' ? fault : undefined;
  if (fault.action !== undefined && fault.action !== call.action) return undefined;
  if (fault.instanceId !== undefined && fault.instanceId !== call.instanceId) return undefined;
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
