import { describe, expect, it } from 'vitest';

import { VARIABLE_NAMES } from './parse-settings.js';
import { unknownSettings } from './unknown-settings.js';

const warningsFor = (variables: Record<string, string | undefined>) =>
  unknownSettings(variables, VARIABLE_NAMES);

describe('unknownSettings', () => {
  it.each([
    ['AUTH_API_KEY_FILE', 'AUTH_API_KEYS_FILE'],
    ['CORS_ORIGIN', 'CORS_ORIGINS'],
    ['UPSTREAM_TIMEOUT_MS', 'UPSTREAM_ATTEMPT_TIMEOUT_MS'],
    ['UPSTREAM_TIMEOUT', 'UPSTREAM_ATTEMPT_TIMEOUT_MS'],
    ['UPSTREAM_DEADLNE_MS', 'UPSTREAM_DEADLINE_MS'],
    ['UPSTREAM_RETRIES', 'UPSTREAM_RETRY_BUDGET_RATIO'],
    ['REDIS_TIMEOUT', 'REDIS_TIMEOUT_MS'],
    ['AUTH_JWT_JWKS', 'AUTH_JWT_JWKS_URL'],
    ['AUTH_JWKS_URI', 'AUTH_JWT_JWKS_URL'],
    ['RATE_LIMIT', 'RATE_LIMIT_REQUESTS'],
    ['CACHE_MAX_SIZE', 'CACHE_MAX_BYTES'],
    ['CACHE_NOT_FOUND', 'CACHE_NOT_FOUND_MS'],
    ['CORS_ORGINS', 'CORS_ORIGINS'],
    ['RATE_LIMIT_WINDOW_MS', 'RATE_LIMIT_WINDOW_S'],
    ['REDIS_URI', 'REDIS_URL'],
    ['OUTBOUNDBOT_ACCESS_KEY_ID', 'ALIBABA_CLOUD_ACCESS_KEY_ID'],
    ['MAX_CONNECTION', 'MAX_CONNECTIONS'],
  ])('names for %s the nearest setting, %s', (name, expected) => {
    expect(warningsFor({ [name]: 'x' })).toStrictEqual([
      {
        setting: name,
        hint: `The gateway has no setting of this name, so it has no effect. The nearest setting is ${expected}.`,
      },
    ]);
  });

  it('names a setting with the same prefix if no name is similar', () => {
    const [warning] = warningsFor({ CACHE_TTL: '5' });
    expect(warning?.hint).toMatch(/The nearest setting is CACHE_\w+\.$/);
  });

  it('shows no value', () => {
    expect(JSON.stringify(warningsFor({ REDIS_PASSWORD: 'canary' }))).not.toContain('canary');
  });

  it('does not warn of known, empty and foreign variables', () => {
    const known = Object.fromEntries(VARIABLE_NAMES.map((name) => [name, 'x']));
    expect(
      warningsFor({
        ...known,
        AUTH_EMPTY: ' ',
        AUTH_MISSING: undefined,
        PATH: '/bin',
        EMULATOR_PORT: '4010',
        cache_fresh: '1',
      }),
    ).toStrictEqual([]);
  });

  it('does not warn of the variables of a Kubernetes Service', () => {
    expect(
      warningsFor({
        REDIS_SERVICE_HOST: '10.0.0.1',
        REDIS_SERVICE_PORT: '6379',
        REDIS_SERVICE_PORT_TCP_REDIS: '6379',
        REDIS_PORT: 'tcp://10.0.0.1:6379',
        REDIS_PORT_6379_TCP: 'tcp://10.0.0.1:6379',
        REDIS_PORT_6379_TCP_PROTO: 'tcp',
        REDIS_PORT_6379_TCP_PORT: '6379',
        REDIS_PORT_6379_TCP_ADDR: '10.0.0.1',
        OUTBOUNDBOT_GATEWAY_SERVICE_PORT: '80',
        CACHE_DNS_PORT: 'udp://[fd00::a]:53',
      }),
    ).toStrictEqual([]);
  });

  it('warns of a port that was set by hand', () => {
    expect(warningsFor({ REDIS_PORT: '6379' })).toMatchObject([{ setting: 'REDIS_PORT' }]);
  });
});
