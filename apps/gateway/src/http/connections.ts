import { AsyncResource } from 'node:async_hooks';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * While so many requests of a connection wait, nothing more is read from it. What has been read already may hold many more.
 * With fewer, the gateway goes on reading, and so notices when the caller leaves.
 */
const READ_UNTIL_WAITING = 10;

/**
 * How many requests of one connection may wait behind another. HTTP allows a caller to send requests without waiting for
 * answers (RFC 9112, section 9.3.2), but each of them needs memory.
 */
const MAX_WAITING = 100;

/** How many requests of all connections together may wait. Each needs about 5 KiB. */
const MAX_WAITING_OF_ALL = 10_000;

interface Connection {
  isAnswering: boolean;
  /** Whether nothing more of this connection is answered but what waits already. */
  isEnding: boolean;
  readonly waiting: (() => void)[];
  /** How many requests wait, also those that get no answer. They need memory until the connection is closed. */
  held: number;
}

/**
 * The open connections of callers. The requests of one connection are carried out one after the other: so a connection
 * needs the memory of one answer at most, and no request behind an answer that ends the connection is carried out.
 */
export class Connections {
  private readonly open = new Map<Socket, Connection>();
  private held = 0;

  get size(): number {
    return this.open.size;
  }

  /** How many requests wait for their answer. */
  get awaited(): number {
    let answering = 0;
    for (const { isAnswering } of this.open.values()) if (isAnswering) answering += 1;
    return answering + this.held;
  }

  get sockets(): readonly Socket[] {
    return [...this.open.keys()];
  }

  watch(server: Server): void {
    server.on('connection', (socket: Socket) => this.add(socket));
  }

  /** Whether a request of the connection waits for its answer. */
  isAwaited(socket: Socket): boolean {
    return this.open.get(socket)?.isAnswering ?? false;
  }

  /**
   * Carries out a request when all requests before it on the connection have been answered; never if that closes it.
   *
   * @param onClose is called when the response has been sent, or can no longer be sent
   */
  answerInTurn(
    { socket }: IncomingMessage,
    response: ServerResponse,
    carryOut: () => void,
    onClose: () => void,
  ): void {
    const connection = this.open.get(socket) ?? this.add(socket);
    // One listener for both: Node copies a list of two at each event.
    response.on('close', () => {
      onClose();
      this.next(socket, connection);
    });
    this.inTurn(socket, connection, carryOut);
  }

  /** Ends the connection when all requests before have been answered. Nothing behind is read any more. */
  endInTurn(socket: Socket, end: () => void): void {
    const connection = this.open.get(socket) ?? this.add(socket);
    this.inTurn(socket, connection, end);
    connection.isEnding = true;
  }

  /** Closes the connections without a request. Node's own method keeps those that have never had one. */
  closeIdle(): void {
    for (const [socket, { isAnswering }] of this.open) if (!isAnswering) socket.destroy();
  }

  private inTurn(socket: Socket, connection: Connection, task: () => void): void {
    if (socket.destroyed || socket.writableEnded) return;
    if (!connection.isAnswering) {
      connection.isAnswering = true;
      task();
      return;
    }
    connection.held += 1;
    this.held += 1;
    if (connection.held >= READ_UNTIL_WAITING) socket.pause();
    if (this.held > MAX_WAITING_OF_ALL) socket.destroy();
    if (connection.isEnding) return;
    if (connection.waiting.length < MAX_WAITING) {
      // The task must not run in the context of the request before it, to which the current trace belongs.
      connection.waiting.push(AsyncResource.bind(task));
      return;
    }
    // A caller must expect that its connection is closed before all answers have come, and send the rest again.
    connection.isEnding = true;
    connection.waiting.push(() => {
      socket.destroySoon();
    });
  }

  private next(socket: Socket, connection: Connection): void {
    const task = connection.waiting.shift();
    if (!task) {
      connection.isAnswering = false;
      if (socket.isPaused()) socket.resume();
      return;
    }
    connection.held -= 1;
    this.held -= 1;
    if (socket.destroyed || socket.writableEnded) return;
    // Node reads on after each answer.
    if (connection.waiting.length >= READ_UNTIL_WAITING) socket.pause();
    else socket.resume();
    task();
  }

  private add(socket: Socket): Connection {
    const connection: Connection = { isAnswering: false, isEnding: false, waiting: [], held: 0 };
    this.open.set(socket, connection);
    socket.once('close', () => {
      this.open.delete(socket);
      this.held -= connection.held;
      connection.held = 0;
      connection.waiting.length = 0;
    });
    return connection;
  }
}
