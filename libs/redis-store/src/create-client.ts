import type { ConnectionOptions } from 'node:tls';

import { Cluster, type ClusterOptions, Redis, type RedisOptions } from 'ioredis';

import { failureReason } from './failure-reason.js';
import type { RedisCredentials, RedisTarget } from './redis-url.js';

/** The longest time for TCP with TLS, and again for the first answers of Redis, in milliseconds. */
export const CONNECT_TIMEOUT_MS = 1000;

/** The longest wait between two attempts to connect, in milliseconds. */
const MAX_RECONNECT_DELAY_MS = 1000;

/** How long a closed connection waits for Redis to close its side, in milliseconds. */
const DISCONNECT_TIMEOUT_MS = 100;

/** How often the map of a cluster is read again, in milliseconds, so that the successor of a node that hangs is found. */
const SLOTS_REFRESH_MS = 3000;

/** How long a command waits for its next attempt while its node is being connected, in milliseconds. */
const CLUSTER_RETRY_MS = 20;

/** After these replies another server, or another password, may be the right one. */
const RECONNECT_REASONS = ['READONLY', 'NOAUTH', 'WRONGPASS'];

/** A client of one server, or of a cluster. Both have the same commands. */
export type RedisClient = Redis | Cluster;

export interface ClientEvents {
  /** Called before each reconnection. Returns the credentials that are valid now. */
  readonly credentials: () => RedisCredentials;
  /** Called with replies after which the connection is replaced. */
  readonly onReply: (error: Error) => void;
}

/** Creates a client that is not connected yet. */
export function createClient(target: RedisTarget, events: ClientEvents): RedisClient {
  return target.kind === 'cluster' ? createCluster(target, events) : createRedis(target, events);
}

/** No command is queued or sent again: each command reaches Redis at once, or fails at once. */
function redisOptions({ tls, credentials, database }: RedisTarget, { onReply }: ClientEvents): RedisOptions {
  return {
    ...credentials,
    db: database,
    ...(tls ? { tls: {} } : {}),
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    connectTimeout: CONNECT_TIMEOUT_MS,
    disconnectTimeout: DISCONNECT_TIMEOUT_MS,
    maxLoadingRetryTime: MAX_RECONNECT_DELAY_MS,
    // ioredis would read its version from a file that is not in the bundle.
    disableClientInfo: true,
    reconnectOnError: (error) => {
      const isCurable = RECONNECT_REASONS.includes(failureReason(error) ?? '');
      if (isCurable) onReply(error);
      return isCurable;
    },
  };
}

function createRedis(target: RedisTarget, events: ClientEvents): Redis {
  const redis: Redis = new Redis({
    ...redisOptions(target, events),
    ...(target.kind === 'sentinel' ? sentinelOptions(target) : target.hosts[0]),
    retryStrategy: (attempt) => {
      setCredentials(redis.options, events.credentials());
      return reconnectDelay(attempt);
    },
  });
  return redis;
}

function sentinelOptions({ hosts, masterName, tls, sentinelCredentials }: RedisTarget): RedisOptions {
  const { username, password } = sentinelCredentials;
  const tlsOptions: ConnectionOptions = {};
  return {
    sentinels: [...hosts],
    name: masterName ?? '',
    role: 'master',
    // A sentinel tells at once that there is a new master: the old one may hang and not close its connections.
    failoverDetector: true,
    sentinelCommandTimeout: CONNECT_TIMEOUT_MS,
    sentinelRetryStrategy: reconnectDelay,
    sentinelReconnectStrategy: reconnectDelay,
    ...(username === undefined ? {} : { sentinelUsername: username }),
    ...(password === undefined ? {} : { sentinelPassword: password }),
    ...(tls ? { enableTLSForSentinelMode: true, sentinelTLS: tlsOptions } : {}),
  };
}

function createCluster(target: RedisTarget, events: ClientEvents): Cluster {
  const nodeOptions: RedisOptions = {
    ...redisOptions(target, events),
    // Ends the connection to a node that hangs. The breaker may stay closed, since other nodes answer.
    socketTimeout: CONNECT_TIMEOUT_MS,
  };
  const renewCredentials = (): void => {
    const credentials = events.credentials();
    for (const options of [nodeOptions, ...cluster.nodes().map((node) => node.options)])
      setCredentials(options, credentials);
  };
  const options: ClusterOptions = {
    redisOptions: nodeOptions,
    lazyConnect: true,
    enableOfflineQueue: false,
    // The check asks any node, also one that is not connected yet, and then begins anew.
    enableReadyCheck: false,
    slotsRefreshInterval: SLOTS_REFRESH_MS,
    retryDelayOnFailover: CLUSTER_RETRY_MS,
    retryDelayOnClusterDown: CLUSTER_RETRY_MS,
    retryDelayOnTryAgain: CLUSTER_RETRY_MS,
    maxRedirections: 3,
    // Names stay names, since certificates contain them.
    dnsLookup: (address, callback) => {
      callback(null, address);
    },
    clusterRetryStrategy: (attempt) => {
      renewCredentials();
      return reconnectDelay(attempt);
    },
  };
  const cluster: Cluster = new Cluster([...target.hosts], options);
  cluster.on('-node', renewCredentials);
  return cluster;
}

function reconnectDelay(attempt: number): number {
  return Math.min(attempt * 50, MAX_RECONNECT_DELAY_MS);
}

/** The client reads its options again for each connection. */
function setCredentials(options: RedisOptions, { username, password }: RedisCredentials): void {
  Object.assign(options, { username, password });
}
