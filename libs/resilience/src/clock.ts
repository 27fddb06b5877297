import { setTimeout as delay } from 'node:timers/promises';

/** Time, as the policies see it: tests hand in one of their own. */
export interface Clock {
  /** Milliseconds since some fixed moment; never goes back. */
  now(): number;
  /** Epoch milliseconds, for what other processes read too; may go back. */
  wallTime(): number;
  /** Resolves after `ms`, and at once when the signal comes. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  wallTime: () => Date.now(),
  sleep: (ms, signal) => delay(ms, undefined, signal ? { signal } : {}).catch(() => undefined),
};
