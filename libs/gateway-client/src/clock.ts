/** The client's source of time, which tests can replace. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** Resolves after `ms`, or at once when the signal aborts. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls `onEnd` after `ms`. The returned function cancels it. */
  startTimer(ms: number, onEnd: () => void): () => void;
}

/** A timer with a longer delay fires at once (HTML Standard, section 8.7: the delay is a 32-bit integer). */
export const MAX_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      const wake = (): void => {
        cancel();
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      const cancel = systemClock.startTimer(ms, wake);
      signal?.addEventListener('abort', wake);
      if (signal?.aborted === true) wake();
    }),
  startTimer: (ms, onEnd) => {
    const timer = setTimeout(onEnd, ms);
    return () => {
      clearTimeout(timer);
    };
  },
};
