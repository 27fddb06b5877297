import { abortable } from './abortable.js';

interface SharedRequest {
  readonly result: Promise<unknown>;
  readonly controller: AbortController;
  /** How many callers wait for the result. */
  callers: number;
}

/** Lets parallel calls share one request. */
export class SharedRequests {
  private readonly requests = new Map<string | symbol, SharedRequest>();

  /**
   * Joins the request with this key, or starts one. A request ends early when the signals of all its callers have aborted.
   *
   * @param key must be equal only for requests that send the same. It determines the type of the result
   * @throws at once the reason of the caller's own signal; otherwise what the request rejects with
   */
  async join<T>(
    key: string | symbol,
    signal: AbortSignal | undefined,
    start: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    signal?.throwIfAborted();
    const request = this.requests.get(key) ?? this.start(key, start);
    request.callers += 1;
    try {
      return await abortable(request.result as Promise<T>, signal);
    } finally {
      request.callers -= 1;
      if (request.callers === 0) {
        this.forget(key, request);
        request.controller.abort();
      }
    }
  }

  private start(key: string | symbol, start: (signal: AbortSignal) => Promise<unknown>): SharedRequest {
    const controller = new AbortController();
    const result = start(controller.signal).finally(() => {
      this.forget(key, request);
    });
    const request: SharedRequest = { result, controller, callers: 0 };
    this.requests.set(key, request);
    return request;
  }

  /** The next call with this key starts a new request. */
  private forget(key: string | symbol, request: SharedRequest): void {
    if (this.requests.get(key) === request) this.requests.delete(key);
  }
}
