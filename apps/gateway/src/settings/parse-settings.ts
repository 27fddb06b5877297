import { readProxies } from '@app/http-client';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';

import { type Environment, VARIABLE_GROUPS } from './environment.js';
import { isLoopback } from './loopback.js';
import type { Settings } from './settings.js';
import { isTrustworthyUrl } from './variable.js';

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

const GROUPS: readonly (new () => object)[] = Object.values(VARIABLE_GROUPS);

/** The variables that the gateway reads. */
export const VARIABLE_NAMES: readonly string[] = GROUPS.flatMap((Group) => Object.keys(new Group()));

/** Lower-case names of these are read too, and win, as with curl. */
const ALSO_IN_LOWER_CASE = ['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY'];

/**
 * Checks the environment and sorts it. An empty variable counts as missing, and others than ours are ignored.
 *
 * @throws {WrongSettingsError}
 */
export function parseSettings(variables: Readonly<Record<string, string | undefined>>): Settings {
  const valueOf = (name: string): string | undefined => {
    const spellings = ALSO_IN_LOWER_CASE.includes(name) ? [name.toLowerCase(), name] : [name];
    return spellings.map((spelling) => variables[spelling]?.trim()).find((value) => value);
  };
  const groups = GROUPS.map((Group) => {
    const given = Object.keys(new Group()).map((name) => [name, valueOf(name)] as const);
    return plainToInstance(Group, Object.fromEntries(given.filter(([, value]) => value !== undefined)));
  });
  const environment = Object.assign({}, ...groups) as Environment;
  const metricsPortIsDefault = valueOf('METRICS_PORT') === undefined;

  const complaints = [
    ...groups
      .flatMap((group) => validateSync(group))
      .map(
        ({ property, constraints = {} }) => `${property} ${Object.values(constraints).at(-1) ?? 'is wrong'}`,
      ),
    ...(!metricsPortIsDefault &&
    environment.METRICS_PORT !== 0 &&
    environment.METRICS_PORT === environment.PORT
      ? ['METRICS_PORT must not be PORT: metrics have a listener of their own (0 turns them off)']
      : []),
    ...upstreamContradictions(environment),
    ...accessContradictions(environment),
  ];
  if (complaints.length > 0) throw new WrongSettingsError(complaints);
  return sort(environment, metricsPortIsDefault);
}

/** Variables of the upstream that contradict each other. */
function upstreamContradictions(environment: Environment): string[] {
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
    !isLoopback(environment.OUTBOUNDBOT_ENDPOINT.replace(/:\d+$/, '')) &&
    !environment.OUTBOUNDBOT_ALLOW_PLAINTEXT
  ) {
    complaints.push(
      'OUTBOUNDBOT_PROTOCOL must be https, since OUTBOUNDBOT_ENDPOINT is not this machine ' +
        '(OUTBOUNDBOT_ALLOW_PLAINTEXT=true allows http all the same)',
    );
  }
  return complaints;
}

/** Variables of callers' access that contradict each other. */
function accessContradictions(environment: Environment): string[] {
  const { AUTH_MODE: mode, AUTH_JWT_ISSUER: issuer, AUTH_JWT_JWKS_URL: jwksUrl } = environment;
  const complaints: string[] = [];
  if (mode === undefined) {
    const meant = (['AUTH_API_KEYS_FILE', 'AUTH_JWT_ISSUER', 'AUTH_JWT_JWKS_URL'] as const).find(
      (name) => environment[name] !== undefined,
    );
    if (meant !== undefined) complaints.push(`AUTH_MODE must be set, since ${meant} is`);
    else if (!isLoopback(environment.HOST)) {
      complaints.push(
        'AUTH_MODE must be set, since HOST lets others than this machine in ' +
          '(AUTH_MODE=none lets everyone read who can reach it)',
      );
    }
    return complaints;
  }
  // A value that failed its own check has its message already.
  if (!Array.isArray(mode)) return complaints;
  if (mode.includes('api-key') && environment.AUTH_API_KEYS_FILE === undefined) {
    complaints.push('AUTH_API_KEYS_FILE must be set, since AUTH_MODE names api-key');
  }
  if (mode.includes('jwt')) {
    for (const name of ['AUTH_JWT_ISSUER', 'AUTH_JWT_AUDIENCE'] as const) {
      if (environment[name] === undefined) complaints.push(`${name} must be set, since AUTH_MODE names jwt`);
    }
    if (issuer !== undefined && jwksUrl === undefined && !isTrustworthyUrl(issuer)) {
      complaints.push(
        'AUTH_JWT_ISSUER must be an https:// URL (http:// is for this machine only), since without ' +
          'AUTH_JWT_JWKS_URL the keys are found there',
      );
    }
  }
  return complaints;
}

function sort(environment: Environment, metricsPortIsDefault: boolean): Settings {
  const {
    ALIBABA_CLOUD_ACCESS_KEY_ID: accessKeyId,
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: accessKeySecret,
    ALIBABA_CLOUD_SECURITY_TOKEN: securityToken,
    OUTBOUNDBOT_ENDPOINT: endpoint,
    OUTBOUNDBOT_PROTOCOL: protocol,
    OTEL_EXPORTER_OTLP_ENDPOINT: collector,
  } = environment;
  const { HTTPS_PROXY, HTTP_PROXY, NO_PROXY } = environment;
  const proxies = { HTTPS_PROXY, HTTP_PROXY, NO_PROXY };
  const { proxyFor } = readProxies(proxies);
  return {
    server: {
      host: environment.HOST,
      port: environment.PORT,
      metrics: {
        port: environment.METRICS_PORT === 0 ? undefined : environment.METRICS_PORT,
        isDefault: metricsPortIsDefault,
      },
      logLevel: environment.LOG_LEVEL,
      shutdownDrainMs: environment.SHUTDOWN_DRAIN_MS,
      corsOrigins: environment.CORS_ORIGINS,
      trustProxy: environment.TRUST_PROXY,
    },
    access: accessOf(environment),
    rateLimit: { requests: environment.RATE_LIMIT_REQUESTS, windowS: environment.RATE_LIMIT_WINDOW_S },
    client: {
      endpoint,
      protocol,
      accessKey:
        accessKeyId === undefined || accessKeySecret === undefined
          ? undefined
          : { accessKeyId, accessKeySecret, ...(securityToken === undefined ? {} : { securityToken }) },
      maxResponseBytes: environment.UPSTREAM_MAX_RESPONSE_BYTES,
      maxConnections: environment.UPSTREAM_MAX_CONCURRENCY,
      keepAliveMs: environment.UPSTREAM_KEEP_ALIVE_MS,
      connectTimeoutMs: environment.UPSTREAM_ATTEMPT_TIMEOUT_MS,
      proxy: proxyFor(`${protocol}://${endpoint}`),
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
    },
    tracing: {
      endpoint: collector,
      proxy: collector === undefined ? undefined : proxyFor(collector),
    },
    redis: { url: environment.REDIS_URL, namespace: endpoint },
    proxies,
  };
}

function accessOf(environment: Environment): Settings['access'] {
  const { AUTH_MODE: mode = [], AUTH_JWT_ISSUER: issuer, AUTH_JWT_AUDIENCE: audience } = environment;
  return {
    apiKeysFile: mode.includes('api-key') ? environment.AUTH_API_KEYS_FILE : undefined,
    tokens:
      mode.includes('jwt') && issuer !== undefined && audience !== undefined
        ? {
            issuer,
            audience,
            jwksUrl: environment.AUTH_JWT_JWKS_URL,
            scope: environment.AUTH_JWT_SCOPE,
            instancesClaim: environment.AUTH_JWT_INSTANCES_CLAIM,
          }
        : undefined,
  };
}
