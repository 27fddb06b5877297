import type { FreshnessOptions } from '@app/http-cache';
import type { OutboundBotClientOptions } from '@app/outboundbot-client';
import type { UpstreamPoliciesOptions } from '@app/resilience';

import type { LogLevel } from './environment.js';

/** How the gateway is set up: the environment, checked and sorted by who needs it. Inject it by this class. */
export class Settings {
  readonly server!: {
    readonly host: string;
    readonly port: number;
    readonly logLevel: LogLevel;
    /** How long to go on serving after SIGTERM, in milliseconds. */
    readonly shutdownDrainMs: number;
  };

  readonly client!: OutboundBotClientOptions;

  /** How the calls behind one request are made. */
  readonly upstream!: UpstreamPoliciesOptions;

  readonly cache!: FreshnessOptions & {
    /** How many entries the process keeps. */
    readonly maxEntries: number;
    /** Where replicas share entries. */
    readonly redisUrl: string | undefined;
  };
}
