import { Cluster, type Redis } from 'ioredis';

import { explainConnectFailure } from './connect-failure.js';
import { CONNECT_TIMEOUT_MS, createClient, type RedisClient } from './create-client.js';
import { failureReason } from './failure-reason.js';
import { parseRedisUrl } from './redis-url.js';

/** How long after a client has given up it connects again, in milliseconds. */
const RESTART_DELAY_MS = 100;

/** A connection to Redis. It connects in the background, and reconnects after every loss until it is closed. */
export class Connection {
  readonly client: RedisClient;

  /** Resolves when the first attempt to connect has ended, so that the first operations after a start can wait for it. */
  readonly firstAttempt: Promise<void>;

  private lastError: unknown;
  /** Resolves when it is known why the last attempt to connect has failed. */
  private explained = Promise.resolve();
  private closed = false;

  /**
   * @param readUrl gives the URL, and is called again before each reconnection: the password may have changed
   * @throws Error if it is not a Redis URL. The message does not quote it
   */
  constructor(private readonly readUrl: () => string) {
    let target = parseRedisUrl(readUrl());
    this.client = createClient(target, {
      credentials: () => {
        try {
          target = parseRedisUrl(this.readUrl());
        } catch (error) {
          this.lastError = error;
        }
        return target.credentials;
      },
      onReply: this.remember,
    });
    if (this.client instanceof Cluster) watchNodes(this.client, this.remember);
    else limitHandshake(this.client, this.remember);

    const failed = new Promise<void>((resolve) => {
      // Each command reports its own failure. Without a listener, ioredis would print every error.
      this.client.on('error', (error: Error) => {
        this.explained = explainConnectFailure(error, target).then(this.remember);
        resolve();
      });
      // ioredis may end an attempt without settling the promise of `connect`.
      this.client.once('close', resolve);
    });
    this.client.on('ready', () => {
      this.lastError = undefined;
    });
    // If a sentinel announces a new master while it is being asked for the master, ioredis 5.11 gives up for good.
    this.client.on('end', () => {
      setTimeout(() => {
        if (!this.closed) void this.connect();
      }, RESTART_DELAY_MS).unref();
    });
    // With sentinels, `connect` goes on until one of them answers.
    this.firstAttempt = Promise.race([this.connect(), failed]).then(() => this.explained);
  }

  /**
   * Why an operation failed, in one word: see {@link failureReason}.
   *
   * @param error undefined if the operation took too long
   */
  reasonOf(error?: unknown): string {
    if (error !== undefined) return failureReason(error) ?? failureReason(this.lastError) ?? 'closed';
    // An operation also takes too long if it waits for the connection.
    return (this.client.status === 'ready' ? undefined : failureReason(this.lastError)) ?? 'timeout';
  }

  /**
   * Replaces a connection on which no answers arrive. This also ends the commands that wait for answers, whose number
   * would otherwise grow.
   *
   * A connection that is still being opened is kept.
   */
  renew(): void {
    if (this.client.status === 'ready') this.client.disconnect(true);
  }

  /** Closes at once. Data that is already written is still sent. */
  close(): void {
    this.closed = true;
    this.client.disconnect();
  }

  private readonly remember = (error: unknown): void => {
    if (failureReason(error) !== undefined) this.lastError = error;
  };

  private async connect(): Promise<void> {
    try {
      await this.client.connect();
      if (this.client instanceof Cluster) await Promise.all(this.client.nodes('master').map(connectNode));
    } catch {
      // The caller learns of the failure from its own command.
    }
  }
}

/** Nodes connect before the first command needs them: other commands would not wait for that. */
function watchNodes(cluster: Cluster, onError: (error: unknown) => void): void {
  cluster.on('node error', onError);
  cluster.on('+node', (node: Redis) => {
    limitHandshake(node, onError);
    void connectNode(node);
  });
}

async function connectNode(node: Redis): Promise<void> {
  if (node.status !== 'wait') {
    if (node.status !== 'connecting' && node.status !== 'connect') return;
    await new Promise<void>((resolve) => {
      for (const event of ['ready', 'end']) node.once(event, resolve);
    });
    return;
  }
  try {
    await node.connect();
  } catch {
    // The cluster is told by an event.
  }
}

/** Without this limit, ioredis would wait forever for a server that accepts the connection and then sends nothing. */
function limitHandshake(redis: Redis, onError: (error: unknown) => void): void {
  let timer: NodeJS.Timeout | undefined;
  redis.on('connect', () => {
    void reportLoading(redis, onError);
    timer = setTimeout(() => {
      onError(Object.assign(new Error('Redis sent no first answer'), { code: 'ETIMEDOUT' }));
      redis.disconnect(true);
    }, CONNECT_TIMEOUT_MS).unref();
  });
  for (const event of ['ready', 'close']) {
    redis.on(event, () => {
      clearTimeout(timer);
    });
  }
}

/** While Redis loads its data, ioredis waits for the end and tells no error. */
async function reportLoading(redis: Redis, onError: (error: unknown) => void): Promise<void> {
  try {
    if (/^loading:1/m.test(await redis.info('persistence'))) onError(new Error('LOADING Redis is loading'));
  } catch {
    // The reply to the first command of the caller says what is wrong.
  }
}
