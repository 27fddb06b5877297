import { type SamplerName, SAMPLERS } from '@app/tracing';

import {
  AnyCaseBooleanVariable,
  BooleanVariable,
  ChoicesVariable,
  ChoiceVariable,
  EndpointVariable,
  HeaderNamesVariable,
  HttpUrlVariable,
  IntegerVariable,
  NumberVariable,
  OptionalIntegerVariable,
  OptionalTextVariable,
  OriginsVariable,
  ProxyVariable,
  PublicUrlVariable,
  RedisUrlVariable,
  TextVariable,
  TokenTypesVariable,
  TrustProxyVariable,
  TrustworthyUrlVariable,
} from './variable.js';

// The environment variables that the gateway reads. A class is a group of them. `docs/settings.md` is written from this file:
// from the comments, the defaults and the rules (settings-page.ts).

const HOUR_MS = 3_600_000;
const YEAR_MS = 365 * 24 * HOUR_MS;
const YEAR_S = YEAR_MS / 1000;
const HOST = /^[A-Za-z0-9.:-]{1,253}$/;
const VISIBLE = /^[\x21-\x7e]{1,4096}$/;
const TEXT = /^[^\0]{1,4096}$/;

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const AUTH_METHODS = ['api-key', 'jwt'] as const;
type AuthMethod = (typeof AUTH_METHODS)[number];

class ProcessVariables {
  /** With the default, only this machine can reach the gateway. */
  @TextVariable(HOST, 'a host name or an IP address to listen on')
  HOST = '127.0.0.1';

  /** 0 takes any free port. */
  @IntegerVariable(0, 65_535)
  PORT = 3000;

  /**
   * Where callers find the gateway, the path included: for example `https://api.example.com/bot`. Links, redirects, the
   * `type` of errors, and `servers` of the OpenAPI document then begin with it. Unset, they are relative, which is right too
   * [behind almost any proxy](deployment.md#behind-a-proxy).
   */
  @PublicUrlVariable()
  PUBLIC_URL?: string;

  /**
   * The port of `/metrics`. 0 turns metrics off. If this or `METRICS_HOST` is set, the port must be free. If neither is set and
   * the default port is taken, the gateway starts without metrics and logs an error.
   */
  @IntegerVariable(0, 65_535)
  METRICS_PORT = 9464;

  /** Where `/metrics` listens, if not on `HOST`: for example, on an address that only Prometheus can reach. */
  @OptionalTextVariable(HOST, 'a host name or an IP address to listen on')
  METRICS_HOST?: string;

  /**
   * How many connections callers may have open together. Unset, it follows from the limit of file descriptors (`ulimit -n`), less
   * those that the gateway itself needs, and is at most 10000. Further connections are closed at once.
   */
  @OptionalIntegerVariable(1, 1_000_000)
  MAX_CONNECTIONS?: number;

  /**
   * How many of these may come from one address; of an IPv6 address the /64 network counts. Unset, it is half of them. A proxy
   * that `TRUST_PROXY` names has no such limit.
   */
  @OptionalIntegerVariable(1, 1_000_000)
  MAX_CONNECTIONS_PER_ADDRESS?: number;

  /** The least severe level that is logged. The log goes to stdout: as JSON lines, or readable lines on a terminal. */
  @ChoiceVariable(LOG_LEVELS)
  LOG_LEVEL: LogLevel = 'info';

  /**
   * How long the gateway goes on serving after SIGTERM, so that load balancers see that it is no longer ready
   * ([Stopping and starting](operations.md#stopping-and-starting)).
   */
  @IntegerVariable(0, HOUR_MS)
  SHUTDOWN_DRAIN_MS = 5000;
}

/** Where the access key comes from: [the real service](deployment.md#the-real-service). */
class ServiceVariables {
  /** The access key id of the gateway. Unset, the SDK's default credential chain is used. */
  @OptionalTextVariable(VISIBLE, 'an access key id, without spaces')
  ALIBABA_CLOUD_ACCESS_KEY_ID?: string;

  /** Needed if the access key id is set. */
  @OptionalTextVariable(VISIBLE, 'an access key secret, without spaces')
  ALIBABA_CLOUD_ACCESS_KEY_SECRET?: string;

  /** The STS token of a temporary access key. */
  @OptionalTextVariable(VISIBLE, 'an STS token, without spaces')
  ALIBABA_CLOUD_SECURITY_TOKEN?: string;

  /**
   * A file that holds the access key id, if the variable does not: both together are an error. As with all files of secrets,
   * white space around the value does not count.
   */
  @OptionalTextVariable(TEXT, 'the path of a file')
  ALIBABA_CLOUD_ACCESS_KEY_ID_FILE?: string;

  /** A file that holds the secret, if the variable does not. */
  @OptionalTextVariable(TEXT, 'the path of a file')
  ALIBABA_CLOUD_ACCESS_KEY_SECRET_FILE?: string;

  /** A file that holds the token, if the variable does not. */
  @OptionalTextVariable(TEXT, 'the path of a file')
  ALIBABA_CLOUD_SECURITY_TOKEN_FILE?: string;

  /**
   * The role that the credential chain assumes (RRSA). The gateway reads this and the next two only to keep accounts that share
   * a Redis [apart](deployment.md#redis).
   */
  @OptionalTextVariable(TEXT, 'the ARN of a role')
  ALIBABA_CLOUD_ROLE_ARN?: string;

  /** The role of the ECS instance, for the credential chain. */
  @OptionalTextVariable(TEXT, 'the name of a role')
  ALIBABA_CLOUD_ECS_METADATA?: string;

  /** The profile in the file of credentials, for the credential chain. */
  @OptionalTextVariable(TEXT, 'the name of a profile')
  ALIBABA_CLOUD_PROFILE?: string;

  /** The host of the service. Inside a VPC it is `outboundbot-vpc.cn-shanghai.aliyuncs.com`. */
  @EndpointVariable()
  OUTBOUNDBOT_ENDPOINT = 'outboundbot.cn-shanghai.aliyuncs.com';

  /** `http` is refused unless the endpoint is a loopback address or the next setting is `true`. */
  @ChoiceVariable(['https', 'http'])
  OUTBOUNDBOT_PROTOCOL: 'https' | 'http' = 'https';

  /** `true` allows `http` to any endpoint. */
  @BooleanVariable()
  OUTBOUNDBOT_ALLOW_PLAINTEXT = false;

  /** `GET /instances` lists only this resource group: set it if the access key may list no more. Unset, it lists all. */
  @OptionalTextVariable(VISIBLE, 'the id of a resource group, without spaces')
  OUTBOUNDBOT_RESOURCE_GROUP_ID?: string;

  /** With more instances than these, `GET /instances` answers `upstream-invalid-response`. */
  @IntegerVariable(1, 1_000_000)
  LIST_MAX_INSTANCES = 10_000;
}

/** What to change when one of these limits is reached: [alerts](operations.md#alerts), [capacity](operations.md#capacity). */
class UpstreamVariables {
  /** The time limit for all that one request needs of the service: waiting for a place, attempts, and backoff. */
  @IntegerVariable(1, HOUR_MS)
  UPSTREAM_DEADLINE_MS = 5000;

  /** The time limit for one attempt, connecting included. */
  @IntegerVariable(1, HOUR_MS)
  UPSTREAM_ATTEMPT_TIMEOUT_MS = 2000;

  /** How often a call is tried in all, the first attempt included. */
  @IntegerVariable(1, 100)
  UPSTREAM_MAX_ATTEMPTS = 3;

  /** The wait before a retry is random, between 0 and a ceiling. This is the first ceiling; each retry doubles it. */
  @IntegerVariable(0, HOUR_MS)
  UPSTREAM_BACKOFF_BASE_MS = 100;

  /** The highest ceiling of that wait. */
  @IntegerVariable(0, HOUR_MS)
  UPSTREAM_BACKOFF_CAP_MS = 1000;

  /** How many retries each request adds to a budget that all requests share. The budget holds 100 at most. */
  @NumberVariable(0, 1000)
  UPSTREAM_RETRY_BUDGET_RATIO = 0.1;

  /**
   * How many calls may be in flight, and how many connections may be open. Callers that wait for a place get one in turn.
   * A caller with half of the places gets no further one while others wait.
   */
  @IntegerVariable(1, 100_000)
  UPSTREAM_MAX_CONCURRENCY = 64;

  /**
   * How many requests may wait for a place. Beyond that, the gateway answers `overloaded`: to the newest request of the
   * caller with most waiting requests. With 0, free places go to the first comer, and callers do not take turns.
   */
  @IntegerVariable(0, 1_000_000)
  UPSTREAM_MAX_QUEUE = 256;

  /** The breaker opens when this share of the calls fails. 0, or more than 1, turns the breaker off. */
  @NumberVariable(0, 1000)
  UPSTREAM_BREAKER_FAILURE_RATIO = 0.5;

  /** With fewer calls than these in the window, the breaker stays closed. */
  @IntegerVariable(1, 1_000_000_000)
  UPSTREAM_BREAKER_MIN_REQUESTS = 20;

  /** The time over which the breaker counts calls. */
  @IntegerVariable(10, HOUR_MS)
  UPSTREAM_BREAKER_WINDOW_MS = 10_000;

  /** How long the breaker stays open before it lets probes through. */
  @IntegerVariable(1, HOUR_MS)
  UPSTREAM_BREAKER_OPEN_MS = 5000;

  /** A longer answer of the service is `upstream-invalid-response`. The limit holds before and after decoding. */
  @IntegerVariable(1, 1_073_741_824)
  UPSTREAM_MAX_RESPONSE_BYTES = 1_048_576;

  /**
   * The gateway closes a connection that has been idle for this long, or sooner if the service announces so. 0 keeps no
   * connection. Keep it below 10 seconds: the service gives up idle connections after about that time, sometimes silently.
   */
  @IntegerVariable(0, HOUR_MS)
  UPSTREAM_KEEP_ALIVE_MS = 4000;
}

/** What callers see of these: [caching](api.md#caching). */
class CacheVariables {
  /** How long an answer is fresh. 0 turns this off, as it does for the next three. */
  @IntegerVariable(0, YEAR_MS)
  CACHE_FRESH_MS = 5000;

  /** How long after that an answer is still served at once, while the gateway refreshes it. */
  @IntegerVariable(0, YEAR_MS)
  CACHE_STALE_WHILE_REVALIDATE_MS = 30_000;

  /** How long after freshness an answer is still served if the service cannot give a new one. */
  @IntegerVariable(0, YEAR_MS)
  CACHE_STALE_IF_ERROR_MS = 300_000;

  /** How long the gateway remembers that an instance does not exist. */
  @IntegerVariable(0, YEAR_MS)
  CACHE_NOT_FOUND_MS = 2000;

  /**
   * An answer that is not older than this counts as new, also for a request with `Cache-Control: no-cache`. So such requests
   * cause one call in this time for each id, and one reading of the list.
   */
  @IntegerVariable(0, YEAR_MS)
  CACHE_MIN_REVALIDATE_MS = 1000;

  /**
   * How many answers the process keeps in memory. It remembers as many ids that do not exist, which never evict an answer. 0
   * keeps neither.
   */
  @IntegerVariable(0, 1_000_000)
  CACHE_MAX_ENTRIES = 10_000;

  /**
   * How many bytes of memory these answers may take in all. An answer that would take more than half of that is served, but
   * not kept. The pages of lists may take half as much again ([memory](operations.md#memory)). 0 keeps no answer.
   */
  @IntegerVariable(0, 68_719_476_736)
  CACHE_MAX_BYTES = 67_108_864;
}

/** What replicas share: [Redis](deployment.md#redis). */
class RedisVariables {
  /**
   * With a Redis, the replicas of one gateway share the cache and the rate limits. One server, Sentinel or Cluster
   * ([the URLs](deployment.md#redis)). The gateway works on while Redis does not.
   */
  @RedisUrlVariable()
  REDIS_URL?: string;

  /**
   * A file that holds the URL, if the variable does not. Before each reconnection the gateway reads the user and the password
   * in it again.
   */
  @OptionalTextVariable(TEXT, 'the path of a file')
  REDIS_URL_FILE?: string;

  /**
   * Signs the entries in Redis, so that the gateway believes only its own, and separates the keys of accounts: use one of
   * its own for each account, such as the output of `openssl rand -hex 32`. Unset, the secret of the access key serves.
   * Needed if `REDIS_URL` is set and the access key is not.
   */
  @OptionalTextVariable(VISIBLE, 'a secret, without spaces')
  REDIS_SECRET?: string;

  /** A file that holds the secret, if the variable does not. */
  @OptionalTextVariable(TEXT, 'the path of a file')
  REDIS_SECRET_FILE?: string;

  /** The time limit for one operation in Redis. After three in a row without an answer, the gateway does without Redis for a second. */
  @IntegerVariable(1, HOUR_MS)
  REDIS_TIMEOUT_MS = 50;
}

/** What callers see of these: [authentication](api.md#authentication). How to make keys: [API keys](deployment.md#api-keys). */
class AccessVariables {
  /**
   * How callers authenticate: `none`, `api-key`, `jwt`, or `api-key,jwt`. Unset means `none`, which is possible only while
   * `HOST` is a loopback address and `TRUST_PROXY` is `false`; otherwise the gateway does not start until this is set.
   */
  @ChoicesVariable(AUTH_METHODS)
  AUTH_MODE?: readonly AuthMethod[];

  /**
   * Needed if `AUTH_MODE` names `api-key`. A JSON list of `{"name", "sha256", "instances", "expiresAt", "rateLimit"}`, the last
   * two optional ([the file](deployment.md#the-file)). The gateway reads the file again when it changes.
   */
  @OptionalTextVariable(TEXT, 'the path of a file')
  AUTH_API_KEYS_FILE?: string;

  /** Needed if `AUTH_MODE` names `jwt`. For the settings of well-known providers, see [identity providers](identity-providers.md). */
  @OptionalTextVariable(VISIBLE, 'the issuer of the tokens, as their iss has it')
  AUTH_JWT_ISSUER?: string;

  /** Needed if `AUTH_MODE` names `jwt`. In a token without `aud`, its `client_id` must be this. */
  @OptionalTextVariable(VISIBLE, 'the audience of the tokens, as their aud has it')
  AUTH_JWT_AUDIENCE?: string;

  /** Where the issuer publishes its keys. Unset, the gateway finds this in the issuer's metadata. */
  @TrustworthyUrlVariable()
  AUTH_JWT_JWKS_URL?: string;

  /**
   * What the header of a token may name as its `typ`. `application/at+jwt` is the same as `at+jwt`. Many providers name `JWT`;
   * `*` accepts any type, and a token without one. Other types than `at+jwt` may let
   * [ID tokens](identity-providers.md#id-tokens) through.
   */
  @TokenTypesVariable()
  AUTH_JWT_TYPES: readonly string[] = ['at+jwt'];

  /** The scope that an access token needs (RFC 6749, section 3.3). */
  @TextVariable(/^[\x21\x23-\x5b\x5d-\x7e]{1,256}$/, 'one scope, without spaces, quotes and backslashes')
  AUTH_JWT_SCOPE = 'instances:read';

  /**
   * The claim with the scopes of a token: a list, or a string with spaces between. Unset, that is `scope`, or `scp` in a token
   * without `scope`.
   */
  @OptionalTextVariable(VISIBLE, 'the name of a claim, without spaces')
  AUTH_JWT_SCOPE_CLAIM?: string;

  /**
   * The claim with the ids that a token may read: a list, or a string with spaces between. In an id, `*` stands for any
   * characters. Unset, each token may read all instances.
   */
  @OptionalTextVariable(VISIBLE, 'the name of a claim, without spaces')
  AUTH_JWT_INSTANCES_CLAIM?: string;

  /**
   * How long the issuer's keys are used, in seconds, while the gateway cannot fetch them again. After that, tokens are answered
   * 503 until a fetch succeeds. The gateway fetches the keys every 5 minutes, or twice in this time if that is more often.
   */
  @IntegerVariable(1, YEAR_S)
  AUTH_JWT_KEYS_MAX_STALE_S = 3600;

  /** The origins whose pages may read answers. */
  @OriginsVariable()
  CORS_ORIGINS: readonly string[] = [];

  /**
   * The request headers that these pages may send besides [those that they always may](api.md#web-pages-of-other-origins), for
   * example a header of a monitoring library. The gateway ignores them.
   */
  @HeaderNamesVariable()
  CORS_HEADERS: readonly string[] = [];

  /**
   * How many requests a caller may make in any window of `RATE_LIMIT_WINDOW_S`. An API key may have
   * [a limit of its own](deployment.md#the-file). An address may make 20 times as many requests that need no credential.
   * 0 turns these limits off, and that of log lines.
   */
  @IntegerVariable(0, 1_000_000_000)
  RATE_LIMIT_REQUESTS = 100;

  /** How long a window is. It slides: it always ends now. */
  @IntegerVariable(1, 86_400)
  RATE_LIMIT_WINDOW_S = 1;

  /**
   * The proxies whose `X-Forwarded-For` the gateway believes. `true` means one proxy, whatever its address. Without this,
   * all callers behind a proxy that send no credential share one rate limit.
   */
  @TrustProxyVariable()
  TRUST_PROXY: boolean | readonly string[] = false;
}

/**
 * These apply to all calls of the gateway: those of the service, of the token provider and of the trace collector. As with
 * curl, lower-case names are read too, and win ([Proxies](operations.md#proxies)).
 */
class OutgoingVariables {
  /** The proxy for calls of `https:` URLs. Without a scheme, it is `http://`. */
  @ProxyVariable()
  HTTPS_PROXY?: string;

  /** The proxy for calls of `http:` URLs. */
  @ProxyVariable()
  HTTP_PROXY?: string;

  /** Hosts that are called directly: names with their subdomains, addresses, and ranges such as `10.0.0.0/8`. `*` is all. */
  @OptionalTextVariable(/^[^\0]{1,16384}$/, 'hosts that are called directly, with commas between')
  NO_PROXY?: string;
}

/**
 * OpenTelemetry also reads other variables of its own, such as those for headers, the name of the service and its attributes.
 * Requests for health and for metrics are not traced.
 */
class TracingVariables {
  /** The URL of an OpenTelemetry collector that takes OTLP over HTTP. Unset, there are no traces. */
  @HttpUrlVariable()
  OTEL_EXPORTER_OTLP_ENDPOINT?: string;

  /** `true` turns traces off, whatever the other variables say. */
  @AnyCaseBooleanVariable()
  OTEL_SDK_DISABLED = false;

  /** Which traces are exported. With `parentbased_...`, the caller's `traceparent` decides if there is one. */
  @ChoiceVariable(SAMPLERS)
  OTEL_TRACES_SAMPLER: SamplerName = 'parentbased_always_on';

  /** The share of traces that `traceidratio` and `parentbased_traceidratio` export. The other samplers ignore it. */
  @NumberVariable(0, 1)
  OTEL_TRACES_SAMPLER_ARG = 1;
}

/** All variables, by the headings that their groups have in the documentation. */
export const VARIABLE_GROUPS = {
  'Listening, logging and stopping': ProcessVariables,
  'The OutboundBot service': ServiceVariables,
  'Calls of the service': UpstreamVariables,
  Cache: CacheVariables,
  Redis: RedisVariables,
  'Callers and their limits': AccessVariables,
  Proxies: OutgoingVariables,
  Traces: TracingVariables,
};

export interface Environment
  extends
    ProcessVariables,
    ServiceVariables,
    UpstreamVariables,
    CacheVariables,
    RedisVariables,
    AccessVariables,
    OutgoingVariables,
    TracingVariables {}
