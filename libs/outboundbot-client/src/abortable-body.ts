import type { ClientRequest } from 'node:http';

/**
 * The empty body of a request that can be ended at any time.
 *
 * The SDK has no way to abort a call and keeps its HTTP request to itself, but it pipes the body into that request. Here
 * the request learns that the attempt is over, whatever it is waiting for: a connection, headers, or the next byte. That
 * needs no stream, just the two methods that the SDK's HTTP client uses of one.
 *
 * It also ends what the SDK leaves behind: see {@link clearReadTimer}.
 */
export class AbortableBody {
  private request: ClientRequest | undefined;
  private aborted = false;

  /** Ends the request, be it under way or still to come. */
  abort(): void {
    this.aborted = true;
    // The SDK appends the URL to this error's message: it stays inside this lib.
    this.request?.destroy(new Error('the attempt is over'));
  }

  pipe(request: ClientRequest): void {
    this.request = request;
    if (this.aborted) {
      this.abort();
      return;
    }
    request.once('close', () => {
      clearReadTimer(request.socket);
    });
    request.end();
  }

  /** Nothing ever happens to a body that is empty. */
  once(): void {
    // So there is nobody to tell.
  }
}

/**
 * The SDK's HTTP client never clears the timer of a call that has been answered, and keeps the whole call in memory until
 * it goes off: at a thousand calls a second that is tens of megabytes. The timer hangs on the socket, under a symbol of
 * its own. Should the next call have put its own there already, that one still has our deadline.
 */
function clearReadTimer(socket: object | null): void {
  if (socket === null) return;
  readTimer ??= Object.getOwnPropertySymbols(socket).find(
    ({ description }) => description === 'TIMER::READ_TIMER',
  );
  if (readTimer) clearTimeout(Reflect.get(socket, readTimer) as NodeJS.Timeout);
}

let readTimer: symbol | undefined;
