import { type Clock, MAX_TIMER_MS } from './clock.js';
import { GatewayError } from './gateway-error.js';

interface TimeOut {
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly requestId: string | undefined;
}

/**
 * Runs a call with a signal that aborts when the caller's signal does, or after `timeoutMs` with a `GatewayError` as its reason.
 * `AbortSignal.any` would do the first, but older browsers and Workers do not have it.
 *
 * @param timeoutMs 0, or more than a timer can take, for no time-out
 * @throws the reason of the signal, or what the call rejects with
 */
export async function withTimeOut<Value>(
  { clock, timeoutMs, requestId }: TimeOut,
  signal: AbortSignal | undefined,
  call: (signal: AbortSignal | undefined) => Promise<Value>,
): Promise<Value> {
  if (timeoutMs === 0 || timeoutMs > MAX_TIMER_MS) return call(signal);
  const controller = new AbortController();
  const abort = (): void => {
    controller.abort(signal?.reason);
  };
  const cancel = clock.startTimer(timeoutMs, () => {
    const detail = `There was no complete answer within ${timeoutMs} ms (timeoutMs).`;
    controller.abort(new GatewayError('timeout', { detail, requestId: requestId ?? null }));
  });
  signal?.addEventListener('abort', abort);
  try {
    return await call(controller.signal);
  } finally {
    cancel();
    signal?.removeEventListener('abort', abort);
  }
}
