import type { AccessTokensOptions, ProviderKeysOptions } from '@app/authentication';
import type { CacheBounds, FreshnessOptions } from '@app/http-cache';
import type { ProxyVariables } from '@app/http-client';
import type { ListInstancesQuery, OutboundBotClientOptions } from '@app/outboundbot-client';
import type { RateLimitOptions } from '@app/rate-limit';
import type { Account } from '@app/redis-store';
import type { UpstreamPoliciesOptions } from '@app/resilience';
import type { SamplerOptions } from '@app/tracing';

import type { LogLevel } from './environment.js';

/** Something about the settings that the operator should know. The gateway starts all the same. */
export interface SettingWarning {
  /** The name of the environment variable. */
  readonly setting: string;
  /** Says what happens and what to change, without a value. */
  readonly hint: string;
}

/** The checked settings, sorted by the parts of the gateway that need them. Inject it by this class. */
export class Settings {
  readonly server!: {
    readonly host: string;
    readonly port: number;
    /** Where callers find the gateway, with a slash at the end; undefined: unknown, so that links must be relative. */
    readonly publicUrl: string | undefined;
    /** Where metrics are served; without a port they are not. */
    readonly metrics: {
      readonly host: string;
      readonly port: number | undefined;
      /** Whether neither the host nor the port was given. */
      readonly isDefault: boolean;
    };
    readonly logLevel: LogLevel;
    /** How long to go on serving after SIGTERM, in milliseconds. */
    readonly shutdownDrainMs: number;
    readonly cors: {
      /** The origins of web pages that may read answers. */
      readonly origins: readonly string[];
      /** The request headers that these pages may send besides those that every page may send. */
      readonly headers: readonly string[];
    };
    /** Which `X-Forwarded-For` to believe: none, that of every direct peer, or that of these addresses. */
    readonly trustProxy: boolean | readonly string[];
    /** The most connections of callers; undefined: as many as the limit of file descriptors allows. */
    readonly maxConnections: number | undefined;
    /** The most connections from one address; undefined: half of them. */
    readonly maxConnectionsPerAddress: number | undefined;
  };

  /** How callers authenticate. With neither way, they need not. */
  readonly access!: {
    readonly apiKeysFile: string | undefined;
    readonly tokens:
      (AccessTokensOptions & Pick<ProviderKeysOptions, 'jwksUrl' | 'keysMaxStaleS'>) | undefined;
  };

  /** 0 requests is no limit. */
  readonly rateLimit!: RateLimitOptions;

  readonly client!: OutboundBotClientOptions;

  /** The policies for calls of the service. */
  readonly upstream!: UpstreamPoliciesOptions;

  readonly cache!: FreshnessOptions &
    CacheBounds & {
      /** An entry that is not older than this counts as new, in milliseconds. */
      readonly minRevalidateMs: number;
    };

  /** What `GET /instances` lists. */
  readonly list!: ListInstancesQuery;

  /** Where traces go, and through which proxy; without an endpoint there are none. */
  readonly tracing!: {
    readonly endpoint: string | undefined;
    readonly proxy: URL | undefined;
    readonly sampler: SamplerOptions;
  };

  /** The Redis that replicas share, if there is one. */
  readonly redis!:
    | {
        readonly url: string;
        /** The file that the URL is from: its password may change. */
        readonly urlFile: string | undefined;
        /** The time limit for one operation, in milliseconds. */
        readonly timeoutMs: number;
        readonly account: Account;
        /** Begins the names of all keys. */
        readonly namespace: string;
      }
    | undefined;

  /** The proxies for calls that go out. */
  readonly proxies!: ProxyVariables;

  /** What is logged at start. */
  readonly warnings!: readonly SettingWarning[];
}
