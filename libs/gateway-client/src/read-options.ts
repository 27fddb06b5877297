export interface ReadOptions {
  /** Cancels the call at any point. */
  readonly signal?: AbortSignal | undefined;
  /** Your id for the request, which the gateway logs: 1 to 128 characters of `A-Z a-z 0-9 . _ -`. */
  readonly requestId?: string | undefined;
}
