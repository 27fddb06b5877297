import { BodyTooLargeError, type Dispatcher } from '@app/http-client';

import type { Connection, Connections } from './connections.js';
import type { RawResponse } from './interpret-response.js';

/** Errors of a connection that the other side, or a machine in between, has closed or forgotten. */
const CONNECTION_LOST = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'UND_ERR_SOCKET']);

/**
 * One request and its whole answer.
 *
 * A kept connection may be dead before the gateway notices. If the request fails on a reused connection before any byte of
 * an answer, it is sent once more on a new connection, which is allowed for an idempotent request (RFC 9112, section
 * 9.3.1).
 *
 * undici's own `request` makes a stream of every body and does not tell whether a connection is reused (docs/adr/0013).
 */
export class Exchange implements Dispatcher.DispatchHandler {
  private place: { readonly connection: Connection; readonly giveBack: () => void } | undefined;
  private isOnUsedConnection = false;
  private hasAnswerBegun = false;
  private isResent = false;
  private abortReason: Error | undefined;
  private status = 0;
  private headers: RawResponse['headers'] = {};
  private readonly chunks: Buffer[] = [];
  private size = 0;

  /**
   * @param sign makes the request and signs it
   * @param maxBytes the most bytes of a body, before it is decompressed
   * @param onResend is called when the request goes out a second time
   * @param resolve gets the answer. Only the first call of `resolve` or `reject` counts
   * @param reject gets the reason why there is no answer
   */
  constructor(
    private readonly sign: () => Dispatcher.DispatchOptions,
    private readonly maxBytes: number,
    private readonly onResend: () => void,
    private readonly resolve: (response: RawResponse) => void,
    private readonly reject: (error: Error) => void,
  ) {}

  /** Sends the request as soon as a connection is free. */
  start(connections: Pick<Connections, 'take' | 'give'>): void {
    connections.take((connection) => {
      const giveBack = (): void => {
        this.place = undefined;
        connections.give(connection);
      };
      this.place = { connection, giveBack };
      if (this.abortReason) giveBack();
      else connection.dispatch(this.sign(), this);
    });
  }

  /** Ends the exchange, whatever it waits for: a connection, the head of the answer, or its next byte. */
  abort(reason: Error): void {
    this.abortReason = reason;
    this.reject(reason);
    // The connection is given back when undici reports the error.
    this.place?.connection.cut(reason);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.isOnUsedConnection = this.place?.connection.use() ?? false;
    if (this.abortReason) controller.abort(this.abortReason);
  }

  /** The first byte of an answer has come. undici still calls this method, although its handler type no longer lists it. */
  onResponseStarted(): void {
    this.hasAnswerBegun = true;
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: RawResponse['headers'],
  ): void {
    // Interim answers are ignored (RFC 9110, section 15.2).
    if (status < 200) return;
    this.status = status;
    this.headers = headers;
    if (Number(headers['content-length'] ?? 0) > this.maxBytes) this.abort(new BodyTooLargeError());
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.size += chunk.length;
    if (this.size > this.maxBytes) this.abort(new BodyTooLargeError());
    else this.chunks.push(chunk);
  }

  onResponseEnd(): void {
    const body = this.chunks.length === 1 ? this.chunks[0] : undefined;
    this.resolve({
      status: this.status,
      headers: this.headers,
      body: body ?? Buffer.concat(this.chunks, this.size),
    });
    this.place?.giveBack();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error & { code?: string }): void {
    const { place } = this;
    const wasDead = this.isOnUsedConnection && !this.hasAnswerBegun && CONNECTION_LOST.has(error.code ?? '');
    if (!place || !wasDead || this.isResent || this.abortReason) {
      this.reject(error);
      place?.giveBack();
      return;
    }
    this.isResent = true;
    this.onResend();
    // On the same object, which must now open a new connection: another kept connection might be dead too.
    place.connection.dispatch(this.sign(), this);
  }
}
