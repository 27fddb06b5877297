import { Client, type Connect, connectorFor, type Opening } from '@app/http-client';

export interface ConnectionOptions {
  /** `http://host:port` or the like. */
  readonly origin: string;
  /** The most connections at once. Without it, as many as there are calls at once. */
  readonly maxConnections?: number;
  /** An idle connection is closed after this many milliseconds, or sooner if the upstream says so. 4000 by default; 0 keeps none. */
  readonly keepAliveMs?: number;
  /** How long a connection may take to open, in milliseconds, 10,000 by default. */
  readonly connectTimeoutMs?: number;
  /** The proxy to go through, credentials included. */
  readonly proxy?: URL | undefined;
}

/** An idle connection is closed this long before the upstream would close it, so that no request is lost on it. In ms. */
const KEEP_ALIVE_MARGIN_MS = 1000;

/** One connection, which is opened when it is needed and again after a loss. It carries one request at a time. */
export class Connection extends Client {
  /** The connection that is open or being opened. */
  private current: Opening | undefined;
  private requests = 0;

  constructor(origin: string, connect: Connect, options: Client.Options) {
    super(origin, {
      ...options,
      connect: (target: Parameters<Connect>[0], callback: Parameters<Connect>[1]) => {
        this.requests = 0;
        this.current = connect(target, callback);
      },
    });
  }

  /** Counts a request on the open connection. Returns whether the connection is reused. */
  use(): boolean {
    this.requests += 1;
    return this.requests > 1;
  }

  /**
   * Closes the connection, or stops opening it. Its request fails with `reason`. undici's own abort waits for the
   * connection first, and then opens a new one for the aborted request.
   */
  cut(reason: Error): void {
    this.current?.destroy(reason);
  }
}

/**
 * A pool of connections to the upstream, direct or through a proxy's tunnels. A call gets the free connection that was used
 * last, so that the others become idle and are closed.
 *
 * undici's own pool goes beyond its limit: it stops counting a connection that failed to open, but still uses it.
 */
export class Connections {
  private readonly all: Connection[] = [];
  /** The one that was used last at the end. */
  private readonly free: Connection[] = [];
  private readonly waiting: ((connection: Connection) => void)[] = [];
  private readonly connect: Connect;
  private readonly clientOptions: Client.Options;

  constructor(private readonly options: ConnectionOptions) {
    const { origin, keepAliveMs = 4000, connectTimeoutMs = 10_000, proxy } = options;
    // Throws for an invalid origin now, not at each call.
    new URL(origin);
    this.connect = connectorFor(proxy, connectTimeoutMs);
    this.clientOptions = {
      // The caller of an attempt limits its time.
      headersTimeout: 0,
      bodyTimeout: 0,
      ...(keepAliveMs === 0
        ? { pipelining: 0 }
        : {
            keepAliveTimeout: keepAliveMs,
            keepAliveMaxTimeout: keepAliveMs,
            keepAliveTimeoutThreshold: KEEP_ALIVE_MARGIN_MS,
          }),
    };
  }

  /** Lends a connection, at once or when one is given back. */
  take(use: (connection: Connection) => void): void {
    const { maxConnections = Infinity } = this.options;
    const free = this.free.pop();
    if (free) {
      use(free);
    } else if (this.all.length < maxConnections) {
      use(this.add());
    } else {
      this.waiting.push(use);
    }
  }

  /** Takes a connection back when its request is over. */
  give(connection: Connection): void {
    const next = this.waiting.shift();
    if (next) next(connection);
    else this.free.push(connection);
  }

  /** Closes the idle connections, and the others when their requests are over. */
  close(): void {
    for (const connection of this.all) connection.close().catch(() => undefined);
  }

  private add(): Connection {
    const connection = new Connection(this.options.origin, this.connect, this.clientOptions);
    this.all.push(connection);
    return connection;
  }
}
