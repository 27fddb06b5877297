import { Client, type Connect, connectorFor, type Opening } from '@app/http-client';

export interface ConnectionOptions {
  /** `http://host:port` or the like. */
  readonly origin: string;
  /** The most connections at once. Without it as many as there are calls. */
  readonly maxConnections?: number;
  /** An idle connection is closed after this, in milliseconds, 4000 by default; 0 keeps none. Sooner if the upstream says so. */
  readonly keepAliveMs?: number;
  /** How long a connection may take to open, in milliseconds, 10,000 by default. */
  readonly connectTimeoutMs?: number;
  /** The proxy to go through, credentials included. */
  readonly proxy?: URL | undefined;
}

/** How much earlier than the upstream says we close an idle connection: the last request must not cross its end. */
const KEEP_ALIVE_MARGIN_MS = 1000;

/**
 * A place for one connection, which is opened when it is needed and opened anew when it was lost. One request at a time is
 * sent on it.
 */
export class Connection extends Client {
  /** The connection, open or being opened. */
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

  /** Counts a request on the open connection. Returns whether it has served another one before. */
  use(): boolean {
    this.requests += 1;
    return this.requests > 1;
  }

  /**
   * Closes the connection, or stops opening it, which fails its request with `reason`. undici's own way to abort a request
   * waits until there is a connection, and opens a new one for the very request that is over.
   */
  cut(reason: Error): void {
    this.current?.destroy(reason);
  }
}

/**
 * Connections to the upstream, directly or through tunnels of a proxy. A call gets the free place that was
 * used last, so that the others fall idle and are closed.
 *
 * undici's own pool forgets a connection that failed to open but still lets it serve, and so has more than its limit.
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
    // Says now, rather than at each call, that it is none.
    new URL(origin);
    this.connect = connectorFor(proxy, connectTimeoutMs);
    this.clientOptions = {
      // How long an attempt may take is for its caller to say.
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

  /** Lends a place: at once, or when one is given back. */
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

  /** Gives a place back whose request is over. */
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
