export interface ReadOptions {
  /** Cancels the call at any point. */
  readonly signal?: AbortSignal | undefined;
  /** Your id for the request, which the gateway logs: 1 to 128 characters of `A-Z a-z 0-9 . _ -`. */
  readonly requestId?: string | undefined;
  /**
   * Makes the gateway ask the OutboundBot service again instead of answering from its cache (`Cache-Control: no-cache`). If
   * the service cannot answer, the gateway still sends the old answer. Default: false.
   */
  readonly fresh?: boolean | undefined;
}
