import { Redis, type RedisOptions } from 'ioredis';

/** The longest time for TCP with TLS, and again for the first answers of Redis, in milliseconds. */
const CONNECT_TIMEOUT_MS = 1000;

/** The longest wait between two attempts to connect, in milliseconds. */
const MAX_RECONNECT_DELAY_MS = 1000;

/** How long a closed connection waits for Redis to close its side, in milliseconds. */
const DISCONNECT_TIMEOUT_MS = 100;

/** No command is queued or sent again: each command reaches Redis at once, or fails at once. */
const OPTIONS: RedisOptions = {
  lazyConnect: true,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  connectTimeout: CONNECT_TIMEOUT_MS,
  disconnectTimeout: DISCONNECT_TIMEOUT_MS,
  maxLoadingRetryTime: MAX_RECONNECT_DELAY_MS,
  // ioredis would read its version from a file that is not in the bundle.
  disableClientInfo: true,
  retryStrategy: (attempt) => Math.min(attempt * 50, MAX_RECONNECT_DELAY_MS),
};

/** A connection to Redis. It connects in the background, and reconnects after every loss until it is closed. */
export class Connection {
  readonly redis: Redis;

  /** Resolves when the first attempt to connect has ended, so that the first operations after a start can wait for it. */
  readonly firstAttempt: Promise<void>;

  /**
   * @param url `redis://` or `rediss://`
   * @throws Error if it is neither. The message does not quote the URL, because it may contain a password
   */
  constructor(url: string) {
    this.redis = createClient(url);
    // Each command reports its own failure. Without a listener, ioredis would print every error.
    this.redis.on('error', ignore);
    this.limitHandshake();
    this.firstAttempt = this.redis.connect().catch(ignore);
  }

  /**
   * Replaces a connection on which no answers arrive. This also ends the commands that wait for answers, whose number
   * would otherwise grow.
   *
   * A connection that is still being opened is kept.
   */
  renew(): void {
    if (this.redis.status === 'ready') this.redis.disconnect(true);
  }

  /** Closes at once. Data that is already written is still sent. */
  close(): void {
    this.redis.disconnect();
  }

  /** Without this limit, ioredis would wait forever for a server that accepts the connection and then sends nothing. */
  private limitHandshake(): void {
    let timer: NodeJS.Timeout | undefined;
    this.redis.on('connect', () => {
      timer = setTimeout(() => {
        this.redis.disconnect(true);
      }, CONNECT_TIMEOUT_MS).unref();
    });
    for (const event of ['ready', 'close']) {
      this.redis.on(event, () => {
        clearTimeout(timer);
      });
    }
  }
}

function createClient(url: string): Redis {
  let target: URL;
  try {
    target = new URL(url);
    // Throws for a malformed percent-encoding, as ioredis would.
    decodeURIComponent(target.username + target.password);
  } catch {
    // The error of `new URL` contains the URL.
    throw new Error('The Redis URL is malformed.');
  }
  if (!['redis:', 'rediss:'].includes(target.protocol)) {
    throw new Error('The Redis URL must begin with redis:// or rediss://.');
  }
  // ioredis would read options from the query, and prefer them to OPTIONS.
  target.search = '';
  return new Redis(target.href, OPTIONS);
}

function ignore(): void {
  // The caller learns of the failure from its own command.
}
