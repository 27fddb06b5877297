import type { Socket } from 'node:net';

import {
  type buildConnector,
  Client,
  type Dispatcher,
  Pool,
  ProxyAgent,
  proxyAgentOptions,
} from '@app/http-client';

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

type Connect = buildConnector.connector;

/** A request that is told which connection it goes out on. */
export interface ChosenOptions extends Dispatcher.DispatchOptions {
  onConnectionChosen?: (connection: Connection) => void;
}

/** A place for one connection, which is opened when it is needed and opened anew when it was lost. */
export class Connection extends Client {
  private socket: Socket | undefined;
  private requests = 0;

  constructor(origin: string | URL, options: { readonly connect: Connect }) {
    super(origin, {
      ...options,
      connect: (target: buildConnector.Options, callback: buildConnector.Callback) => {
        options.connect(target, (...result) => {
          this.socket = result[1] ?? undefined;
          this.requests = 0;
          callback(...result);
        });
      },
    });
  }

  /** Counts a request on the open connection. Returns whether it has served another one before. */
  use(): boolean {
    this.requests += 1;
    return this.requests > 1;
  }

  /**
   * Closes the open connection, which fails its request with `reason`. undici's own way to abort a request opens a new
   * connection at once, for the very request that is over.
   */
  cut(reason: Error): void {
    this.socket?.destroy(reason);
  }

  override dispatch(options: ChosenOptions, handler: Dispatcher.DispatchHandler): boolean {
    options.onConnectionChosen?.(this);
    return super.dispatch(options, handler);
  }
}

/** Keeps connections to the upstream, directly or through tunnels of a proxy. */
export function openConnections(options: ConnectionOptions): Dispatcher {
  const { origin, maxConnections, keepAliveMs = 4000, connectTimeoutMs = 10_000, proxy } = options;
  const poolOptions = {
    connections: maxConnections ?? null,
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
  // A pool hands its own way to connect to each of its connections.
  const factory = (of: string | URL, connection: object): Dispatcher =>
    new Connection(of, connection as { connect: Connect });
  if (!proxy) return new Pool(origin, { ...poolOptions, connectTimeout: connectTimeoutMs, factory });
  return new ProxyAgent({
    ...poolOptions,
    ...proxyAgentOptions(proxy),
    requestTls: { timeout: connectTimeoutMs },
    proxyTls: { timeout: connectTimeoutMs },
    // The head of an answer to CONNECT is part of opening a connection too.
    clientFactory: (of, client) => new Pool(of, { ...client, headersTimeout: connectTimeoutMs }),
    factory: (of, pool: object) => new Pool(of, { ...pool, factory }),
  });
}
