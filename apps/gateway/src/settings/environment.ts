import {
  BooleanVariable,
  ChoicesVariable,
  ChoiceVariable,
  EndpointVariable,
  HttpUrlVariable,
  IntegerVariable,
  NumberVariable,
  OptionalIntegerVariable,
  OptionalTextVariable,
  OriginsVariable,
  ProxyVariable,
  RedisUrlVariable,
  TextVariable,
  TrustProxyVariable,
  TrustworthyUrlVariable,
} from './variable.js';

const HOUR_MS = 3_600_000;
const YEAR_MS = 365 * 24 * HOUR_MS;
const HOST = /^[A-Za-z0-9.:-]{1,253}$/;
const VISIBLE = /^[\x21-\x7e]{1,4096}$/;

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const AUTH_METHODS = ['api-key', 'jwt'] as const;
type AuthMethod = (typeof AUTH_METHODS)[number];

/**
 * The environment variables that the gateway reads, with their defaults and rules. Durations are in milliseconds,
 * sizes in bytes. The README explains them.
 */
export class Environment {
  @TextVariable(HOST, 'a host name or an IP address to listen on')
  HOST = '127.0.0.1';

  /** 0 takes any free port. */
  @IntegerVariable(0, 65_535)
  PORT = 3000;

  /** 0 turns metrics off. Undefined if nobody has asked for a port; then it is the default one. */
  @OptionalIntegerVariable(0, 65_535)
  METRICS_PORT?: number;

  @ChoiceVariable(LOG_LEVELS)
  LOG_LEVEL: LogLevel = 'info';

  @IntegerVariable(0, HOUR_MS)
  SHUTDOWN_DRAIN_MS = 5000;

  @OptionalTextVariable(VISIBLE, 'an access key id, without spaces')
  ALIBABA_CLOUD_ACCESS_KEY_ID?: string;

  @OptionalTextVariable(VISIBLE, 'an access key secret, without spaces')
  ALIBABA_CLOUD_ACCESS_KEY_SECRET?: string;

  @OptionalTextVariable(VISIBLE, 'an STS token, without spaces')
  ALIBABA_CLOUD_SECURITY_TOKEN?: string;

  @EndpointVariable()
  OUTBOUNDBOT_ENDPOINT = 'outboundbot.cn-shanghai.aliyuncs.com';

  @ChoiceVariable(['https', 'http'])
  OUTBOUNDBOT_PROTOCOL: 'https' | 'http' = 'https';

  @BooleanVariable()
  OUTBOUNDBOT_ALLOW_PLAINTEXT = false;

  /** Below the 10 s after which the service gives up an idle connection. 0 keeps none. */
  @IntegerVariable(0, HOUR_MS)
  UPSTREAM_KEEP_ALIVE_MS = 4000;

  @IntegerVariable(1, HOUR_MS)
  UPSTREAM_DEADLINE_MS = 5000;

  @IntegerVariable(1, HOUR_MS)
  UPSTREAM_ATTEMPT_TIMEOUT_MS = 2000;

  @IntegerVariable(1, 100)
  UPSTREAM_MAX_ATTEMPTS = 3;

  @IntegerVariable(0, HOUR_MS)
  UPSTREAM_BACKOFF_BASE_MS = 100;

  @IntegerVariable(0, HOUR_MS)
  UPSTREAM_BACKOFF_CAP_MS = 1000;

  @NumberVariable(0, 1000)
  UPSTREAM_RETRY_BUDGET_RATIO = 0.1;

  @IntegerVariable(1, 100_000)
  UPSTREAM_MAX_CONCURRENCY = 64;

  @IntegerVariable(0, 1_000_000)
  UPSTREAM_MAX_QUEUE = 256;

  /** 0, or anything above 1, turns the breaker off. */
  @NumberVariable(0, 1000)
  UPSTREAM_BREAKER_FAILURE_RATIO = 0.5;

  @IntegerVariable(1, 1_000_000_000)
  UPSTREAM_BREAKER_MIN_REQUESTS = 20;

  @IntegerVariable(10, HOUR_MS)
  UPSTREAM_BREAKER_WINDOW_MS = 10_000;

  @IntegerVariable(1, HOUR_MS)
  UPSTREAM_BREAKER_OPEN_MS = 5000;

  @IntegerVariable(1, 1_073_741_824)
  UPSTREAM_MAX_RESPONSE_BYTES = 1_048_576;

  @IntegerVariable(0, YEAR_MS)
  CACHE_FRESH_MS = 5000;

  @IntegerVariable(0, YEAR_MS)
  CACHE_STALE_WHILE_REVALIDATE_MS = 30_000;

  @IntegerVariable(0, YEAR_MS)
  CACHE_STALE_IF_ERROR_MS = 300_000;

  @IntegerVariable(0, YEAR_MS)
  CACHE_NOT_FOUND_MS = 2000;

  @IntegerVariable(0, 1_000_000)
  CACHE_MAX_ENTRIES = 10_000;

  @RedisUrlVariable()
  REDIS_URL?: string;

  /** How callers prove who they are; empty if they need not. Undefined if nobody has decided. */
  @ChoicesVariable(AUTH_METHODS)
  AUTH_MODE?: readonly AuthMethod[];

  @OptionalTextVariable(/^[^\0]{1,4096}$/, 'the path of a file')
  AUTH_API_KEYS_FILE?: string;

  @OptionalTextVariable(VISIBLE, 'the issuer of the tokens, as their iss has it')
  AUTH_JWT_ISSUER?: string;

  @OptionalTextVariable(VISIBLE, 'the audience of the tokens, as their aud has it')
  AUTH_JWT_AUDIENCE?: string;

  @TrustworthyUrlVariable()
  AUTH_JWT_JWKS_URL?: string;

  /** RFC 6749, section 3.3 */
  @TextVariable(/^[\x21\x23-\x5b\x5d-\x7e]{1,256}$/, 'one scope, without spaces, quotes and backslashes')
  AUTH_JWT_SCOPE = 'instances:read';

  @OptionalTextVariable(VISIBLE, 'the name of a claim, without spaces')
  AUTH_JWT_INSTANCES_CLAIM?: string;

  @OriginsVariable()
  CORS_ORIGINS: readonly string[] = [];

  /** 0 turns the limit off. */
  @IntegerVariable(0, 1_000_000_000)
  RATE_LIMIT_REQUESTS = 100;

  @IntegerVariable(1, 86_400)
  RATE_LIMIT_WINDOW_S = 1;

  @TrustProxyVariable()
  TRUST_PROXY: boolean | readonly string[] = false;

  @HttpUrlVariable()
  OTEL_EXPORTER_OTLP_ENDPOINT?: string;

  @ProxyVariable()
  HTTPS_PROXY?: string;

  @ProxyVariable()
  HTTP_PROXY?: string;

  @OptionalTextVariable(/^[^\0]{1,16384}$/, 'hosts that are called directly, with commas between')
  NO_PROXY?: string;
}
