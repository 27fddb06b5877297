import { readProxies } from '@app/http-client';
import { namespaceOf } from '@app/redis-store';

import type { Environment } from './environment.js';
import type { Settings } from './settings.js';

/**
 * Sorts the checked variables by the parts of the gateway that need them.
 *
 * @param metricsPortIsSet whether `METRICS_PORT` was given, and is not the default
 */
export function toSettings(environment: Environment, metricsPortIsSet: boolean): Omit<Settings, 'warnings'> {
  const {
    ALIBABA_CLOUD_ACCESS_KEY_ID: accessKeyId,
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: accessKeySecret,
    ALIBABA_CLOUD_SECURITY_TOKEN: securityToken,
    OUTBOUNDBOT_ENDPOINT: endpoint,
    OUTBOUNDBOT_PROTOCOL: protocol,
  } = environment;
  const collector = environment.OTEL_SDK_DISABLED ? undefined : environment.OTEL_EXPORTER_OTLP_ENDPOINT;
  const { HTTPS_PROXY, HTTP_PROXY, NO_PROXY } = environment;
  const proxies = { HTTPS_PROXY, HTTP_PROXY, NO_PROXY };
  const { proxyFor } = readProxies(proxies);
  return {
    server: {
      host: environment.HOST,
      port: environment.PORT,
      publicUrl: environment.PUBLIC_URL,
      metrics: {
        host: environment.METRICS_HOST ?? environment.HOST,
        port: environment.METRICS_PORT === 0 ? undefined : environment.METRICS_PORT,
        isDefault: !metricsPortIsSet && environment.METRICS_HOST === undefined,
      },
      logLevel: environment.LOG_LEVEL,
      shutdownDrainMs: environment.SHUTDOWN_DRAIN_MS,
      cors: { origins: environment.CORS_ORIGINS, headers: environment.CORS_HEADERS },
      trustProxy: environment.TRUST_PROXY,
      maxConnections: environment.MAX_CONNECTIONS,
      maxConnectionsPerAddress: environment.MAX_CONNECTIONS_PER_ADDRESS,
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
      minRevalidateMs: environment.CACHE_MIN_REVALIDATE_MS,
      maxEntries: environment.CACHE_MAX_ENTRIES,
      maxBytes: environment.CACHE_MAX_BYTES,
    },
    list: {
      resourceGroupId: environment.OUTBOUNDBOT_RESOURCE_GROUP_ID,
      maxInstances: environment.LIST_MAX_INSTANCES,
    },
    tracing: {
      endpoint: collector,
      proxy: collector === undefined ? undefined : proxyFor(collector),
      sampler: { name: environment.OTEL_TRACES_SAMPLER, ratio: environment.OTEL_TRACES_SAMPLER_ARG },
    },
    redis: redisOf(environment),
    proxies,
  };
}

function redisOf(environment: Environment): Settings['redis'] {
  const { REDIS_URL: url, ALIBABA_CLOUD_ACCESS_KEY_ID: accessKeyId } = environment;
  const secret = environment.REDIS_SECRET ?? environment.ALIBABA_CLOUD_ACCESS_KEY_SECRET;
  if (url === undefined || secret === undefined) return undefined;
  const { ALIBABA_CLOUD_ROLE_ARN, ALIBABA_CLOUD_ECS_METADATA, ALIBABA_CLOUD_PROFILE } = environment;
  const told = [ALIBABA_CLOUD_ROLE_ARN, ALIBABA_CLOUD_ECS_METADATA, ALIBABA_CLOUD_PROFILE];
  const roleOrProfile = told.filter((name) => name !== undefined).join(' ');
  const account = accessKeyId === undefined ? { secret, roleOrProfile } : { secret, accessKeyId };
  return {
    url,
    urlFile: environment.REDIS_URL_FILE,
    timeoutMs: environment.REDIS_TIMEOUT_MS,
    account,
    namespace: namespaceOf(account, environment.OUTBOUNDBOT_ENDPOINT),
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
            types: environment.AUTH_JWT_TYPES,
            scope: environment.AUTH_JWT_SCOPE,
            scopeClaim: environment.AUTH_JWT_SCOPE_CLAIM,
            instancesClaim: environment.AUTH_JWT_INSTANCES_CLAIM,
            keysMaxStaleS: environment.AUTH_JWT_KEYS_MAX_STALE_S,
          }
        : undefined,
  };
}
