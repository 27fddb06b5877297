import type { ClientRequest } from 'node:http';
import { Readable } from 'node:stream';

/**
 * The empty body of a request that ends when `signal` does.
 *
 * The SDK takes no abort signal and keeps its HTTP request to itself, but it pipes the body into that request. Here
 * the request learns that the attempt is over, whatever it is waiting for: a connection, headers, or the next byte.
 */
export class AbortableBody extends Readable {
  constructor(private readonly signal: AbortSignal) {
    super({ read: () => undefined });
  }

  override pipe<T extends NodeJS.WritableStream>(request: T): T {
    const end = () => {
      // The SDK appends the URL to this error's message: it stays inside this lib.
      (request as unknown as ClientRequest).destroy(new Error('the attempt is over'));
    };
    if (this.signal.aborted) end();
    else {
      this.signal.addEventListener('abort', end, { once: true });
      request.end();
    }
    return request;
  }
}
