import { describe, expect, it } from 'vitest';

import { parseSettings } from './parse-settings.js';

const warningsFor = (variables: Record<string, string>) => parseSettings(variables).warnings;

describe('the warnings about settings', () => {
  it.each([
    ['UPSTREAM_ATTEMPT_TIMEOUT_MS', { UPSTREAM_DEADLINE_MS: '1999' }, { UPSTREAM_DEADLINE_MS: '2000' }],
    ['UPSTREAM_BACKOFF_BASE_MS', { UPSTREAM_BACKOFF_BASE_MS: '1001' }, { UPSTREAM_BACKOFF_BASE_MS: '1000' }],
    [
      'UPSTREAM_RETRY_BUDGET_RATIO',
      { UPSTREAM_RETRY_BUDGET_RATIO: '1.1' },
      { UPSTREAM_RETRY_BUDGET_RATIO: '1' },
    ],
    [
      'UPSTREAM_BREAKER_FAILURE_RATIO',
      { UPSTREAM_BREAKER_FAILURE_RATIO: '50' },
      { UPSTREAM_BREAKER_FAILURE_RATIO: '1' },
    ],
    ['CACHE_STALE_IF_ERROR_MS', { CACHE_STALE_IF_ERROR_MS: '29999' }, { CACHE_STALE_IF_ERROR_MS: '30000' }],
    ['CACHE_MIN_REVALIDATE_MS', { CACHE_MIN_REVALIDATE_MS: '5001' }, { CACHE_MIN_REVALIDATE_MS: '5000' }],
    ['CACHE_MIN_REVALIDATE_MS', { CACHE_FRESH_MS: '999' }, { CACHE_FRESH_MS: '0' }],
    ['CACHE_MAX_BYTES', { CACHE_MAX_BYTES: '68719476736' }, { CACHE_MAX_BYTES: '67108864' }],
    ['REDIS_SECRET', { REDIS_SECRET: 'a'.repeat(15) }, { REDIS_SECRET: 'a'.repeat(16) }],
    ['SHUTDOWN_DRAIN_MS', { SHUTDOWN_DRAIN_MS: '60001' }, { SHUTDOWN_DRAIN_MS: '60000' }],
    ['CORS_HEADERS', { CORS_HEADERS: 'X-A' }, { CORS_HEADERS: 'X-A', CORS_ORIGINS: 'https://a.b' }],
    [
      'AUTH_API_KEYS_FILE',
      { AUTH_MODE: 'none', AUTH_API_KEYS_FILE: 'keys.json' },
      { AUTH_MODE: 'api-key', AUTH_API_KEYS_FILE: 'keys.json' },
    ],
    [
      'AUTH_JWT_AUDIENCE',
      { AUTH_MODE: 'none', AUTH_JWT_AUDIENCE: 'me' },
      { AUTH_MODE: 'jwt', AUTH_JWT_AUDIENCE: 'me', AUTH_JWT_ISSUER: 'https://a.b' },
    ],
  ])('name %s once for %o, and not for %o', (setting, doubtful, sensible) => {
    expect(warningsFor(doubtful)).toMatchObject([{ setting }]);
    expect(warningsFor(sensible)).toStrictEqual([]);
  });

  it('say what happens and what to change, each for itself', () => {
    const warnings = warningsFor({
      UPSTREAM_ATTEMPT_TIMEOUT_MS: '9000',
      SHUTDOWN_DRAIN_MS: '61000',
      AUTH_API_KEY_FILE: 'canary',
    });
    expect(warnings.map(({ setting }) => setting)).toStrictEqual([
      'AUTH_API_KEY_FILE',
      'UPSTREAM_ATTEMPT_TIMEOUT_MS',
      'SHUTDOWN_DRAIN_MS',
    ]);
    expect(warnings[1]?.hint).toMatch(/never retried: make it shorter than UPSTREAM_DEADLINE_MS\.$/);
  });
});
