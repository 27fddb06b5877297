import type { Server } from 'node:http';
import type { Socket } from 'node:net';

import { addressGroup } from './address-group.js';

/**
 * Why a connection is closed at once: there are too many connections; too many from one address; or the process has almost
 * no file descriptor left for its own calls and files.
 */
export type RefusalReason = 'total' | 'address' | 'descriptors';

export interface ConnectionGuardOptions {
  /** How many connections there may be at once. */
  readonly max: number;
  /** How many of them may come from one address. */
  readonly maxPerAddress: number;
  /** Whether an address belongs to a proxy, whose connections are those of many callers. */
  readonly isProxy: (address: string) => boolean;
  /** A connection whose descriptor is not lower than this is refused. */
  readonly maxDescriptor: number;
}

/** Limits the connections of a server. It closes a connection that is too many before anything is read from it. */
export class ConnectionGuard {
  private readonly byAddress = new Map<string, number>();
  private readonly counts: Record<RefusalReason, number> = { total: 0, address: 0, descriptors: 0 };

  /** @param onRefused called for each refused connection */
  constructor(
    private readonly options: ConnectionGuardOptions,
    private readonly onRefused: (reason: RefusalReason) => void,
  ) {}

  /** How many connections were refused, by reason. */
  get refused(): Readonly<Record<RefusalReason, number>> {
    return this.counts;
  }

  /** Call it before other listeners for `connection` are added: a refused connection does not get to them alive. */
  watch(server: Server): void {
    // Node closes connections beyond this number by itself, and emits `drop`.
    server.maxConnections = this.options.max;
    server.on('drop', () => {
      this.count('total');
    });
    server.prependListener('connection', (socket: Socket) => {
      const reason = this.admit(socket);
      if (reason === undefined) return;
      this.count(reason);
      socket.destroy();
    });
  }

  private admit(socket: Socket): RefusalReason | undefined {
    if (descriptorOf(socket) >= this.options.maxDescriptor) return 'descriptors';
    const { remoteAddress } = socket;
    const group = addressGroup(remoteAddress);
    if (group === undefined || remoteAddress === undefined || this.options.isProxy(remoteAddress))
      return undefined;
    const open = this.byAddress.get(group) ?? 0;
    if (open >= this.options.maxPerAddress) return 'address';
    this.byAddress.set(group, open + 1);
    socket.once('close', () => {
      const rest = (this.byAddress.get(group) ?? 1) - 1;
      if (rest === 0) this.byAddress.delete(group);
      else this.byAddress.set(group, rest);
    });
    return undefined;
  }

  private count(reason: RefusalReason): void {
    this.counts[reason] += 1;
    this.onRefused(reason);
  }
}

/**
 * The number of the socket's descriptor. A process gets the lowest free number, so it shows how many are open. -1 where Node
 * does not tell: the property is undocumented.
 */
function descriptorOf(socket: Socket): number {
  const { _handle: handle } = socket as Socket & { _handle?: { fd?: number } | null };
  return handle?.fd ?? -1;
}
