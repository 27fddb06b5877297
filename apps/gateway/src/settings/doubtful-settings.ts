import { getHeapStatistics } from 'node:v8';

import type { Environment } from './environment.js';
import type { SettingWarning } from './settings.js';

/** Kubernetes waits 30 s for a container to stop, and few operators allow more than a minute. */
const LONG_DRAIN_MS = 60_000;

/** As hexadecimal digits, these are 64 random bits. */
const MIN_SECRET_LENGTH = 16;

/** What a full cache takes for each byte of CACHE_MAX_BYTES, the pages of lists included. */
const BYTES_OF_FULL_CACHE = 1.5;
/** The part of the heap that a cache may fill. The rest is for requests, and for garbage that is not collected yet. */
const SHARE_OF_HEAP = 0.75;

/**
 * Valid settings that together do something else than they seem to say. No hint shows a value.
 *
 * @param heapBytes the most that the heap of this process may hold
 */
export function doubtfulSettings(
  environment: Environment,
  heapBytes = getHeapStatistics().heap_size_limit,
): SettingWarning[] {
  return [
    ...upstreamDoubts(environment),
    ...cacheDoubts(environment),
    ...warningIf(environment.CACHE_MAX_BYTES * BYTES_OF_FULL_CACHE > heapBytes * SHARE_OF_HEAP, {
      setting: 'CACHE_MAX_BYTES',
      hint:
        'A full cache would fill the heap that Node.js allows this process, which then ends for lack of memory: lower ' +
        'this, or raise the limit (NODE_OPTIONS=--max-old-space-size=MIB) and the memory of the container.',
    }),
    ...accessDoubts(environment),
    ...warningIf((environment.REDIS_SECRET?.length ?? MIN_SECRET_LENGTH) < MIN_SECRET_LENGTH, {
      setting: 'REDIS_SECRET',
      hint:
        `It has fewer than ${MIN_SECRET_LENGTH} characters, so another user of this Redis may guess it and write entries ` +
        'that the gateway believes: use the output of openssl rand -hex 32.',
    }),
    ...warningIf(environment.CORS_HEADERS.length > 0 && environment.CORS_ORIGINS.length === 0, {
      setting: 'CORS_HEADERS',
      hint:
        'CORS_ORIGINS names no origin, so no page may call the gateway and this has no effect: name the origins of ' +
        'the pages there, or remove this setting.',
    }),
    ...warningIf(environment.SHUTDOWN_DRAIN_MS > LONG_DRAIN_MS, {
      setting: 'SHUTDOWN_DRAIN_MS',
      hint:
        'After SIGTERM the gateway serves for more than a minute. A platform that waits less kills it before it has ' +
        'stopped: lower this, or make terminationGracePeriodSeconds or stop_grace_period longer.',
    }),
  ];
}

function upstreamDoubts(environment: Environment): SettingWarning[] {
  return [
    ...warningIf(environment.UPSTREAM_ATTEMPT_TIMEOUT_MS > environment.UPSTREAM_DEADLINE_MS, {
      setting: 'UPSTREAM_ATTEMPT_TIMEOUT_MS',
      hint:
        'It is longer than UPSTREAM_DEADLINE_MS, so an attempt that hangs uses all the time and is never retried: ' +
        'make it shorter than UPSTREAM_DEADLINE_MS.',
    }),
    ...warningIf(environment.UPSTREAM_BACKOFF_BASE_MS > environment.UPSTREAM_BACKOFF_CAP_MS, {
      setting: 'UPSTREAM_BACKOFF_BASE_MS',
      hint:
        'It is higher than UPSTREAM_BACKOFF_CAP_MS, so the cap bounds every wait and waits do not grow: lower it, or ' +
        'raise UPSTREAM_BACKOFF_CAP_MS.',
    }),
    ...warningIf(environment.UPSTREAM_RETRY_BUDGET_RATIO > 1, {
      setting: 'UPSTREAM_RETRY_BUDGET_RATIO',
      hint:
        'It is above 1, so each request pays for more than one retry, and an outage multiplies the calls of the ' +
        'service: set a share from 0 to 1, such as 0.1.',
    }),
    ...warningIf(environment.UPSTREAM_BREAKER_FAILURE_RATIO > 1, {
      setting: 'UPSTREAM_BREAKER_FAILURE_RATIO',
      hint:
        'It is above 1, which no share of failures reaches, so the breaker never opens: set a share up to 1, such as ' +
        '0.5, or 0 to turn the breaker off.',
    }),
  ];
}

function cacheDoubts(environment: Environment): SettingWarning[] {
  const { CACHE_FRESH_MS: freshMs, CACHE_MIN_REVALIDATE_MS: minRevalidateMs } = environment;
  return [
    ...warningIf(environment.CACHE_STALE_IF_ERROR_MS < environment.CACHE_STALE_WHILE_REVALIDATE_MS, {
      setting: 'CACHE_STALE_IF_ERROR_MS',
      hint:
        'It is shorter than CACHE_STALE_WHILE_REVALIDATE_MS, so it has no effect: old answers are served for that ' +
        'time, also while the service fails. Raise it, or lower CACHE_STALE_WHILE_REVALIDATE_MS.',
    }),
    // With CACHE_FRESH_MS=0 it is no contradiction: then this bounds how often callers can cause a call.
    ...warningIf(freshMs > 0 && minRevalidateMs > freshMs, {
      setting: 'CACHE_MIN_REVALIDATE_MS',
      hint:
        'It is longer than CACHE_FRESH_MS, so a request with Cache-Control: no-cache can get an answer that is no ' +
        'longer fresh: lower it, or raise CACHE_FRESH_MS.',
    }),
  ];
}

function accessDoubts(environment: Environment): SettingWarning[] {
  const { AUTH_MODE: mode } = environment;
  if (mode === undefined) return [];
  const unused = [
    ...(mode.includes('api-key') ? [] : (['AUTH_API_KEYS_FILE'] as const)),
    ...(mode.includes('jwt') ? [] : (['AUTH_JWT_ISSUER', 'AUTH_JWT_AUDIENCE', 'AUTH_JWT_JWKS_URL'] as const)),
  ].filter((name) => environment[name] !== undefined);
  return unused.map((setting) => ({
    setting,
    hint:
      `AUTH_MODE does not name ${setting === 'AUTH_API_KEYS_FILE' ? 'api-key' : 'jwt'}, so this has no effect: ` +
      'name it there, or remove this setting.',
  }));
}

function warningIf(isDoubtful: boolean, warning: SettingWarning): SettingWarning[] {
  return isDoubtful ? [warning] : [];
}
