import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';

import { Environment } from './environment.js';
import type { Settings } from './settings.js';

/** The environment is wrong. The message names every wrong variable and what it must be, and no value of any. */
export class WrongSettingsError extends Error {
  override name = 'WrongSettingsError';

  constructor(complaints: readonly string[]) {
    const count = complaints.length === 1 ? '1 setting is' : `${complaints.length} settings are`;
    super(
      [`The gateway cannot start: ${count} wrong.`, ...complaints.map((line) => `  - ${line}`)].join('\n'),
    );
  }
}

/** The variables that the gateway reads. */
export const VARIABLE_NAMES: readonly string[] = Object.keys(new Environment());

/**
 * Checks the environment and sorts it. An empty variable counts as missing, and others than ours are ignored.
 *
 * @throws {WrongSettingsError}
 */
export function parseSettings(variables: Readonly<Record<string, string | undefined>>): Settings {
  const given = VARIABLE_NAMES.map((name) => [name, variables[name]?.trim()]).filter(([, value]) => value);
  const environment = plainToInstance(Environment, Object.fromEntries(given));

  const complaints = [
    ...validateSync(environment).map(
      ({ property, constraints = {} }) => `${property} ${Object.values(constraints).at(-1) ?? 'is wrong'}`,
    ),
    ...contradictions(environment),
  ];
  if (complaints.length > 0) throw new WrongSettingsError(complaints);
  return sort(environment);
}

/** What is wrong only in combination. */
function contradictions(environment: Environment): string[] {
  const { ALIBABA_CLOUD_ACCESS_KEY_ID: id, ALIBABA_CLOUD_ACCESS_KEY_SECRET: secret } = environment;
  const complaints: string[] = [];
  if (id !== undefined && secret === undefined) {
    complaints.push('ALIBABA_CLOUD_ACCESS_KEY_SECRET must be set, since ALIBABA_CLOUD_ACCESS_KEY_ID is');
  }
  if (secret !== undefined && id === undefined) {
    complaints.push('ALIBABA_CLOUD_ACCESS_KEY_ID must be set, since ALIBABA_CLOUD_ACCESS_KEY_SECRET is');
  }
  if (environment.ALIBABA_CLOUD_SECURITY_TOKEN !== undefined && id === undefined && secret === undefined) {
    complaints.push('ALIBABA_CLOUD_SECURITY_TOKEN must not be set without the access key that it belongs to');
  }
  if (
    environment.OUTBOUNDBOT_PROTOCOL === 'http' &&
    !isLoopback(environment.OUTBOUNDBOT_ENDPOINT) &&
    !environment.OUTBOUNDBOT_ALLOW_PLAINTEXT
  ) {
    complaints.push(
      'OUTBOUNDBOT_PROTOCOL must be https, since OUTBOUNDBOT_ENDPOINT is not this machine ' +
        '(OUTBOUNDBOT_ALLOW_PLAINTEXT=true allows http all the same)',
    );
  }
  return complaints;
}

function isLoopback(endpoint: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i.test(endpoint);
}

function sort(environment: Environment): Settings {
  const {
    ALIBABA_CLOUD_ACCESS_KEY_ID: accessKeyId,
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: accessKeySecret,
    ALIBABA_CLOUD_SECURITY_TOKEN: securityToken,
  } = environment;
  return {
    server: {
      host: environment.HOST,
      port: environment.PORT,
      logLevel: environment.LOG_LEVEL,
      shutdownDrainMs: environment.SHUTDOWN_DRAIN_MS,
    },
    client: {
      endpoint: environment.OUTBOUNDBOT_ENDPOINT,
      protocol: environment.OUTBOUNDBOT_PROTOCOL,
      accessKey:
        accessKeyId === undefined || accessKeySecret === undefined
          ? undefined
          : { accessKeyId, accessKeySecret, ...(securityToken === undefined ? {} : { securityToken }) },
      maxResponseBytes: environment.UPSTREAM_MAX_RESPONSE_BYTES,
    },
    upstream: {
      deadlineMs: environment.UPSTREAM_DEADLINE_MS,
      retry: {
        attemptTimeoutMs: environment.UPSTREAM_ATTEMPT_TIMEOUT_MS,
        maxAttempts: environment.UPSTREAM_MAX_ATTEMPTS,
        baseMs: environment.UPSTREAM_BACKOFF_BASE_MS,
        capMs: environment.UPSTREAM_BACKOFF_CAP_MS,
      },
      retryBudgetRatio: environment.UPSTREAM_RETRY_BUDGET_RATIO,
      concurrency: {
        maxConcurrency: environment.UPSTREAM_MAX_CONCURRENCY,
        maxQueue: environment.UPSTREAM_MAX_QUEUE,
      },
      breaker: {
        failureRatio: environment.UPSTREAM_BREAKER_FAILURE_RATIO,
        minRequests: environment.UPSTREAM_BREAKER_MIN_REQUESTS,
        windowMs: environment.UPSTREAM_BREAKER_WINDOW_MS,
        openMs: environment.UPSTREAM_BREAKER_OPEN_MS,
      },
    },
    cache: {
      freshMs: environment.CACHE_FRESH_MS,
      staleWhileRevalidateMs: environment.CACHE_STALE_WHILE_REVALIDATE_MS,
      staleIfErrorMs: environment.CACHE_STALE_IF_ERROR_MS,
      notFoundMs: environment.CACHE_NOT_FOUND_MS,
      maxEntries: environment.CACHE_MAX_ENTRIES,
      redisUrl: environment.REDIS_URL,
    },
  };
}
