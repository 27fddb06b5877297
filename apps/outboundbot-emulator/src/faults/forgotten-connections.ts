import type { Socket } from 'node:net';

import type { ForgetFault } from './fault.js';

/** Knows since when connections wait for their next request. Times are epoch milliseconds. */
export class IdleTimes {
  private readonly since = new WeakMap<Socket, number>();

  /** A connection has got its answer. */
  begin(socket: Socket, now: number): void {
    this.since.set(socket, now);
  }

  /** How long a connection has been idle, in milliseconds; less than none for one that has had no answer yet. */
  of(socket: Socket, now: number): number {
    return now - (this.since.get(socket) ?? Infinity);
  }
}

/** What becomes of a request on a connection that was forgotten. */
export function dropRequest(socket: Socket, by: NonNullable<ForgetFault['by']>): void {
  if (by === 'reset') socket.resetAndDestroy();
  if (by === 'close') socket.end();
}
