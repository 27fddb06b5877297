import { Redis, type RedisOptions } from 'ioredis';

/** How long TCP and TLS may take, and then Redis to greet, in milliseconds each. */
const CONNECT_TIMEOUT_MS = 1000;

/** The longest wait between two attempts to connect, in milliseconds. */
const MAX_RECONNECT_DELAY_MS = 1000;

/** How long a closed connection may linger for a Redis that does not close its side, in milliseconds. */
const LINGER_MS = 100;

/** Nothing is queued, repeated or waited for: a command reaches Redis now, or fails now. */
const OPTIONS: RedisOptions = {
  lazyConnect: true,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  connectTimeout: CONNECT_TIMEOUT_MS,
  disconnectTimeout: LINGER_MS,
  maxLoadingRetryTime: MAX_RECONNECT_DELAY_MS,
  // It would tell Redis its version, out of a file that a bundle does not have.
  disableClientInfo: true,
  retryStrategy: (attempt) => Math.min(attempt * 50, MAX_RECONNECT_DELAY_MS),
};

/** A connection to Redis that comes up in the background and again after every loss, until it is closed. */
export class Connection {
  readonly redis: Redis;

  /** Over when the first attempt to connect is: the first callers after a start wait for it, and are not failed by it. */
  readonly firstAttempt: Promise<void>;

  /**
   * @param url `redis://` or `rediss://`
   * @throws Error if it is neither; the message does not tell the URL, as there may be a password in it
   */
  constructor(url: string) {
    this.redis = createClient(url);
    // Whoever asks notices that Redis is away; ioredis would print errors that nobody listens to.
    this.redis.on('error', ignore);
    this.watchGreeting();
    this.firstAttempt = this.redis.connect().catch(ignore);
  }

  /**
   * Gives up a connection on which no answers come, and with it the commands that wait for one: they would pile up.
   * One that is just being made is left alone.
   */
  renew(): void {
    if (this.redis.status === 'ready') this.redis.disconnect(true);
  }

  /** At once; what was written already still goes out. */
  close(): void {
    this.redis.disconnect();
  }

  /** ioredis would wait for ever for a server that accepts a connection and then says nothing. */
  private watchGreeting(): void {
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
    // These throw for a malformed percent-encoding, as ioredis would.
    decodeURIComponent(target.username + target.password);
  } catch {
    // Not the error itself: it carries the URL.
    throw new Error('The Redis URL is malformed.');
  }
  if (!['redis:', 'rediss:'].includes(target.protocol)) {
    throw new Error('The Redis URL must begin with redis:// or rediss://.');
  }
  // ioredis would take options out of it, ahead of ours.
  target.search = '';
  return new Redis(target.href, OPTIONS);
}

function ignore(): void {
  // Nothing to do.
}
