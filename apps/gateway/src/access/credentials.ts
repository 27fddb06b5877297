import type { IncomingHttpHeaders } from 'node:http';

import {
  AccessTokens,
  ALL_INSTANCES,
  ApiKeyFile,
  type ApiKeyFileListener,
  type Caller,
  ProviderKeys,
  type Verdict,
} from '@app/authentication';
import { readProxies } from '@app/http-client';
import type { Clock } from '@app/resilience';
import type { OnApplicationShutdown, OnModuleInit } from '@nestjs/common';
import type { Logger } from 'pino';

import type { GatewayMetrics } from '../observability/gateway-metrics.js';
import { logSettingWarning } from '../settings/log-setting-warning.js';
import type { Settings } from '../settings/settings.js';

/** RFC 6750, section 2.1. The scheme is case-insensitive (RFC 9110, section 11.1). */
const BEARER = /^Bearer +([^ ]+) *$/i;

/** The caller of every request where no credentials are required. */
export const ANONYMOUS: Caller = { id: undefined, ...ALL_INSTANCES };

export type CredentialVerdict = Verdict | { readonly kind: 'missing' };

/** The credentials that the settings allow: API keys, access tokens, both, or none. */
export class Credentials implements OnModuleInit, OnApplicationShutdown {
  /** The request headers that carry credentials. Answers depend on these headers. */
  readonly headers: readonly string[];

  constructor(
    private readonly apiKeys?: ApiKeyFile,
    private readonly providerKeys?: ProviderKeys,
    private readonly tokens?: AccessTokens,
  ) {
    this.headers = [...(apiKeys ? ['X-API-Key'] : []), ...(tokens ? ['Authorization'] : [])];
  }

  /** @throws {WrongApiKeyFileError} */
  static async fromSettings(
    settings: Settings,
    logger: Logger,
    clock: Clock,
    metrics: GatewayMetrics,
  ): Promise<Credentials> {
    const { apiKeysFile, tokens } = settings.access;
    const apiKeys =
      apiKeysFile === undefined ? undefined : await openApiKeys(apiKeysFile, logger, clock, metrics);
    const providerKeys = tokens && createProviderKeys(tokens, settings, logger, clock, metrics);
    return new Credentials(
      apiKeys,
      providerKeys,
      tokens && providerKeys && new AccessTokens(tokens, providerKeys, clock),
    );
  }

  onModuleInit(): void {
    this.providerKeys?.start();
  }

  onApplicationShutdown(): void {
    this.apiKeys?.close();
    this.providerKeys?.close();
  }

  get areRequired(): boolean {
    return this.headers.length > 0;
  }

  /**
   * If a request has an API key and an access token, only the key is checked. Trying the token after a wrong key would
   * give an attacker two guesses for each request.
   */
  verify(headers: IncomingHttpHeaders): CredentialVerdict | Promise<CredentialVerdict> {
    if (!this.areRequired) return { kind: 'accepted', caller: ANONYMOUS };
    const key = headers['x-api-key'];
    if (this.apiKeys && typeof key === 'string') return this.apiKeys.verify(key);
    const [, token] = BEARER.exec(headers.authorization ?? '') ?? [];
    if (this.tokens && token !== undefined) return this.tokens.verify(token);
    return { kind: 'missing' };
  }
}

/** The most keys that one log line names. */
const MAX_NAMED_KEYS = 20;

function openApiKeys(
  file: string,
  logger: Logger,
  clock: Clock,
  metrics: GatewayMetrics,
): Promise<ApiKeyFile> {
  const listener: ApiKeyFileListener = {
    reloaded: (count) => {
      metrics.reloaded('api-keys', 'ok');
      logger.info({ count }, 'API keys reloaded');
    },
    failed: ({ message }, isNew) => {
      metrics.reloaded('api-keys', 'error');
      if (isNew) logger.error({ reason: message }, 'API keys not reloaded, those from before still count');
    },
    empty: () => {
      const hint =
        'The file has no entry, so the gateway rejects every API key: make one with npm run api-key.';
      logSettingWarning({ setting: 'AUTH_API_KEYS_FILE', hint }, logger);
    },
    expiring: (keys) => {
      const named = keys
        .slice(0, MAX_NAMED_KEYS)
        .map(({ name, expiresAt }) => ({ name, expiresAt: new Date(expiresAt).toISOString() }));
      logger.warn({ count: keys.length, keys: named }, 'API keys have expired or will expire within 14 days');
    },
    exposed: (reason) => {
      logger.warn({ reason }, 'AUTH_API_KEYS_FILE has unsafe permissions');
    },
  };
  return ApiKeyFile.open(file, listener, clock);
}

function createProviderKeys(
  tokens: NonNullable<Settings['access']['tokens']>,
  { proxies }: Settings,
  logger: Logger,
  clock: Clock,
  metrics: GatewayMetrics,
): ProviderKeys {
  const options = {
    ...tokens,
    proxies: readProxies(proxies),
    onFetch: (outcome: 'ok' | 'error'): void => {
      metrics.reloaded('provider-keys', outcome);
    },
    onStateChange: (state: 'up' | 'down', reason?: string): void => {
      logger[state === 'up' ? 'info' : 'error']({ state, reason }, 'token provider');
    },
    onKeysTooOld: (): void => {
      logger.error('the keys of the token provider are too old, so tokens are answered 503');
    },
  };
  return new ProviderKeys(options, clock);
}
