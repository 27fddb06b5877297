import type { Clock } from './clock.js';
import type { ConditionalReader } from './conditional-reader.js';
import { credentialHeaders, type Credentials } from './credentials.js';
import { GatewayError } from './gateway-error.js';
import { isCloudflareWorker } from './platform.js';
import type { ReadOptions } from './read-options.js';
import { rejectUnsendable } from './reject-unsendable.js';
import type { Resource } from './resources.js';
import type { WithFacts } from './response-facts.js';
import { retryDelayMs } from './retry.js';
import { SharedRequests } from './shared-requests.js';
import { withTimeOut } from './with-time-out.js';

/** The result of one attempt. `delayMs` is the wait before the next attempt; undefined if there is none. */
type Attempt<Value> =
  | { readonly answer: WithFacts<Value> }
  | { readonly error: GatewayError; readonly delayMs: number | undefined };

interface RetryingReaderOptions extends Credentials {
  readonly timeoutMs: number;
  readonly maxRetryDelayMs: number;
  readonly clock: Clock;
  readonly random: () => number;
}

/**
 * Reads a resource with one or two attempts. Parallel calls share each attempt if their requests are the same,
 * except in a Cloudflare Worker.
 */
export class RetryingReader {
  private readonly requests = new SharedRequests();

  constructor(
    private readonly reader: ConditionalReader,
    private readonly options: RetryingReaderOptions,
  ) {}

  /** @throws GatewayError, the signal's reason, or the error of a credential function */
  async read<Value>(resource: Resource<Value>, options: ReadOptions): Promise<WithFacts<Value>> {
    const { signal, requestId } = options;
    if (requestId !== undefined) rejectUnsendable('request id', requestId, /^$|[^\x21-\x7e]/);
    const { clock, timeoutMs } = this.options;
    return withTimeOut({ clock, timeoutMs, requestId }, signal, (callSignal) =>
      this.readWithRetry(resource, { ...options, signal: callSignal }),
    );
  }

  private async readWithRetry<Value>(
    resource: Resource<Value>,
    options: ReadOptions,
  ): Promise<WithFacts<Value>> {
    const { clock, timeoutMs } = this.options;
    const start = clock.now();
    let attempt = await this.attempt(resource, options);
    if ('error' in attempt && attempt.delayMs !== undefined) {
      // This error says more than a time-out during the wait would.
      if (timeoutMs > 0 && clock.now() - start + attempt.delayMs >= timeoutMs) throw attempt.error;
      await clock.sleep(attempt.delayMs, options.signal);
      options.signal?.throwIfAborted();
      attempt = await this.attempt(resource, options);
    }
    if ('error' in attempt) throw attempt.error;
    return attempt.answer;
  }

  /**
   * Each call first asks for its credentials, which are part of the key. So a call never gets the answer to a request with
   * other credentials.
   */
  private async attempt<Value>(
    resource: Resource<Value>,
    { signal, requestId, fresh = false }: ReadOptions,
  ): Promise<Attempt<Value>> {
    const credentials = await credentialHeaders(this.options, signal);
    const key = isCloudflareWorker()
      ? Symbol('not shared')
      : JSON.stringify([resource.path, credentials, fresh, requestId]);
    return this.requests.join<Attempt<Value>>(key, signal, async (sharedSignal) => {
      const answer = await this.reader.read(resource, {
        credentials,
        requestId,
        fresh,
        signal: sharedSignal,
      });
      if (!(answer instanceof GatewayError)) return { answer };
      // Decided once for all calls: after the same wait they share the second attempt too.
      const { maxRetryDelayMs, random } = this.options;
      return { error: answer, delayMs: retryDelayMs(answer, maxRetryDelayMs, random) };
    });
  }
}
