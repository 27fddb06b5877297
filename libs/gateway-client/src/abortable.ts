/**
 * Waits for `promise` until the signal aborts.
 *
 * @throws the signal's reason, or what `promise` rejects with
 */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      // As `fetch` does, whatever the caller gave as the reason.
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', abort);
    promise.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', abort);
    });
    if (signal.aborted) abort();
  });
}
