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
  // Not that of node:timers/promises: it makes an error, stack and all, of every sleep that is cut short, and most are.
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      signal?.addEventListener('abort', wake);
      if (signal?.aborted === true) wake();
    }),
};
