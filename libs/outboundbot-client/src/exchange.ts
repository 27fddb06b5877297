import { BodyTooLargeError, type Dispatcher } from '@app/http-client';

import type { Connection, Connections } from './connections.js';
import type { RawResponse } from './interpret-response.js';

/** Failures of a connection that the other side, or a machine in between, has closed or forgotten. */
const CONNECTION_LOST = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'UND_ERR_SOCKET']);

/**
 * One request and its answer, read whole.
 *
 * A kept connection may be dead without our knowing. If the request fails on one that has served before, and no byte of
 * an answer has come, it is sent once more, on a new connection, as an idempotent request may be (RFC 9112, section
 * 9.3.1).
 *
 * undici's own `request` makes a stream of every body and cannot tell whether a connection was new (docs/adr/0013).
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
   * @param sign makes the request, signed at that moment
   * @param maxBytes the most bytes of a body, as they are sent
   * @param onResend is called when the request goes out a second time
   * @param resolve gets the answer; of several calls of this and the next the first counts
   * @param reject gets why there is none
   */
  constructor(
    private readonly sign: () => Dispatcher.DispatchOptions,
    private readonly maxBytes: number,
    private readonly onResend: () => void,
    private readonly resolve: (response: RawResponse) => void,
    private readonly reject: (error: Error) => void,
  ) {}

  /** Sends the request as soon as there is a connection for it. */
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
    // The place is given back when undici has noticed.
    this.place?.connection.cut(reason);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.isOnUsedConnection = this.place?.connection.use() ?? false;
    if (this.abortReason) controller.abort(this.abortReason);
  }

  /** The first byte of an answer has come. undici's newer handlers have no name for that, but still call this one. */
  onResponseStarted(): void {
    this.hasAnswerBegun = true;
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: RawResponse['headers'],
  ): void {
    // Interim answers say nothing that we need (RFC 9110, section 15.2).
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
    // In the same place, which has to open a new connection: another one might be dead as well.
    place.connection.dispatch(this.sign(), this);
  }
}
