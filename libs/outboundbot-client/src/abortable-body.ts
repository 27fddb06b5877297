import type { ClientRequest } from 'node:http';
import { Readable } from 'node:stream';

/**
 * The empty body of a request that ends when `signal` does.
 *
 * The SDK takes no abort signal and keeps its HTTP request to itself, but it pipes the body into that request. Here
 * the request learns that the attempt is over, whatever it is waiting for: a connection, headers, or the next byte.
 *
 * It also ends what the SDK leaves behind: see {@link clearReadTimer}.
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
      request.once('close', () => {
        clearReadTimer((request as unknown as ClientRequest).socket);
      });
      request.end();
    }
    return request;
  }
}

/**
 * The SDK's HTTP client never clears the timer of a call that has been answered, and keeps the whole call in memory until
 * it goes off: at a thousand calls a second that is tens of megabytes. The timer hangs on the socket, under a symbol of
 * its own. Should the next call have put its own there already, that one still has our deadline.
 */
function clearReadTimer(socket: object | null): void {
  for (const key of Object.getOwnPropertySymbols(socket ?? {})) {
    if (key.description === 'TIMER::READ_TIMER')
      clearTimeout(Reflect.get(socket ?? {}, key) as NodeJS.Timeout);
  }
}
