import type { AccessTokensOptions } from '@app/authentication';
import type { FreshnessOptions } from '@app/http-cache';
import type { ProxyVariables } from '@app/http-client';
import type { OutboundBotClientOptions } from '@app/outboundbot-client';
import type { RateLimitOptions } from '@app/rate-limit';
import type { UpstreamPoliciesOptions } from '@app/resilience';

import type { LogLevel } from './environment.js';

/** How the gateway is set up: the environment, checked and sorted by who needs it. Inject it by this class. */
export class Settings {
  readonly server!: {
    readonly host: string;
    readonly port: number;
    /** Where metrics are served; no port if they are not. */
    readonly metrics: {
      readonly port: number | undefined;
      /** Nobody has asked for this port. */
      readonly isDefault: boolean;
    };
    readonly logLevel: LogLevel;
    /** How long to go on serving after SIGTERM, in milliseconds. */
    readonly shutdownDrainMs: number;
    /** The web pages that may read answers. */
    readonly corsOrigins: readonly string[];
    /** Whose `X-Forwarded-For` to believe: nobody's, that of whoever connects, or that of these addresses. */
    readonly trustProxy: boolean | readonly string[];
  };

  /** How callers prove who they are. With neither way, they need not. */
  readonly access!: {
    readonly apiKeysFile: string | undefined;
    readonly tokens: (AccessTokensOptions & { readonly jwksUrl: string | undefined }) | undefined;
  };

  /** 0 requests is no limit. */
  readonly rateLimit!: RateLimitOptions;

  readonly client!: OutboundBotClientOptions;

  /** How the calls behind one request are made. */
  readonly upstream!: UpstreamPoliciesOptions;

  readonly cache!: FreshnessOptions & {
    /** How many entries the process keeps. */
    readonly maxEntries: number;
  };

  /** Where traces go, and through which proxy; without an endpoint there are none. */
  readonly tracing!: { readonly endpoint: string | undefined; readonly proxy: URL | undefined };

  /** What replicas share. */
  readonly redis!: {
    readonly url: string | undefined;
    /** Gateways of different upstream endpoints may use one Redis. */
    readonly namespace: string;
  };

  /** What decides which calls go through a proxy. */
  readonly proxies!: ProxyVariables;
}
