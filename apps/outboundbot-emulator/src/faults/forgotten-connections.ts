import type { Socket } from 'node:net';

import type { ForgetFault } from './fault.js';

/** Records when connections became idle. Times are epoch milliseconds. */
export class IdleTimes {
  private readonly since = new WeakMap<Socket, number>();

  /** Marks a connection as idle. To be called when an answer was sent on the connection. */
  begin(socket: Socket, now: number): void {
    this.since.set(socket, now);
  }

  /** How long a connection has been idle, in milliseconds; -Infinity when no answer was sent on the connection yet. */
  of(socket: Socket, now: number): number {
    return now - (this.since.get(socket) ?? Infinity);
  }
}

/** Drops a request on a forgotten connection. With `silence` the connection stays open and gets no answer. */
export function dropRequest(socket: Socket, by: NonNullable<ForgetFault['by']>): void {
  if (by === 'reset') socket.resetAndDestroy();
  if (by === 'close') socket.end();
}
