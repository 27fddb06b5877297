import { describe, expect, it } from 'vitest';

import { parseSettings, WrongSettingsError } from './parse-settings.js';

const KEY = { ALIBABA_CLOUD_ACCESS_KEY_ID: 'id', ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'secret' };

function complaintsAbout(variables: Record<string, string>): string {
  try {
    parseSettings(variables);
    return '';
  } catch (error) {
    expect(error).toBeInstanceOf(WrongSettingsError);
    return (error as Error).message;
  }
}

describe('parseSettings', () => {
  it('has a default for everything', () => {
    expect(parseSettings({})).toStrictEqual({
      server: { host: '127.0.0.1', port: 3000, logLevel: 'info', shutdownDrainMs: 5000 },
      client: {
        endpoint: 'outboundbot.cn-shanghai.aliyuncs.com',
        protocol: 'https',
        accessKey: undefined,
        maxResponseBytes: 1_048_576,
      },
      upstream: {
        deadlineMs: 5000,
        retry: { attemptTimeoutMs: 2000, maxAttempts: 3, baseMs: 100, capMs: 1000 },
        retryBudgetRatio: 0.1,
        concurrency: { maxConcurrency: 64, maxQueue: 256 },
        breaker: { failureRatio: 0.5, minRequests: 20, windowMs: 10_000, openMs: 5000 },
      },
      cache: {
        freshMs: 5000,
        staleWhileRevalidateMs: 30_000,
        staleIfErrorMs: 300_000,
        notFoundMs: 2000,
        maxEntries: 10_000,
        redisUrl: undefined,
      },
    });
  });

  it('takes what is set', () => {
    expect(
      parseSettings({
        ...KEY,
        HOST: '0.0.0.0',
        PORT: ' 8080 ',
        LOG_LEVEL: ' debug ',
        SHUTDOWN_DRAIN_MS: '0',
        ALIBABA_CLOUD_SECURITY_TOKEN: 'token',
        OUTBOUNDBOT_ENDPOINT: 'outboundbot-vpc.cn-shanghai.aliyuncs.com:443',
        UPSTREAM_DEADLINE_MS: '1',
        UPSTREAM_ATTEMPT_TIMEOUT_MS: '2',
        UPSTREAM_MAX_ATTEMPTS: '1',
        UPSTREAM_BACKOFF_BASE_MS: '0',
        UPSTREAM_BACKOFF_CAP_MS: '0',
        UPSTREAM_MAX_RESPONSE_BYTES: '9',
        UPSTREAM_RETRY_BUDGET_RATIO: '0.25',
        UPSTREAM_MAX_CONCURRENCY: '1',
        UPSTREAM_MAX_QUEUE: '0',
        UPSTREAM_BREAKER_FAILURE_RATIO: '0',
        UPSTREAM_BREAKER_MIN_REQUESTS: '5',
        UPSTREAM_BREAKER_WINDOW_MS: '10',
        UPSTREAM_BREAKER_OPEN_MS: '20',
        CACHE_FRESH_MS: '0',
        CACHE_STALE_WHILE_REVALIDATE_MS: '1',
        CACHE_STALE_IF_ERROR_MS: '2',
        CACHE_NOT_FOUND_MS: '3',
        CACHE_MAX_ENTRIES: '4',
        REDIS_URL: 'redis://:password@localhost:6379/1',
      }),
    ).toStrictEqual({
      server: { host: '0.0.0.0', port: 8080, logLevel: 'debug', shutdownDrainMs: 0 },
      client: {
        endpoint: 'outboundbot-vpc.cn-shanghai.aliyuncs.com:443',
        protocol: 'https',
        accessKey: { accessKeyId: 'id', accessKeySecret: 'secret', securityToken: 'token' },
        maxResponseBytes: 9,
      },
      upstream: {
        deadlineMs: 1,
        retry: { attemptTimeoutMs: 2, maxAttempts: 1, baseMs: 0, capMs: 0 },
        retryBudgetRatio: 0.25,
        concurrency: { maxConcurrency: 1, maxQueue: 0 },
        breaker: { failureRatio: 0, minRequests: 5, windowMs: 10, openMs: 20 },
      },
      cache: {
        freshMs: 0,
        staleWhileRevalidateMs: 1,
        staleIfErrorMs: 2,
        notFoundMs: 3,
        maxEntries: 4,
        redisUrl: 'redis://:password@localhost:6379/1',
      },
    });
  });

  it('takes an empty variable for a missing one, and ignores those of others', () => {
    expect(
      parseSettings({ PORT: '', LOG_LEVEL: '  ', OUTBOUNDBOT_ENDPOINT: '', PATH: '/bin', constructor: 'x' }),
    ).toStrictEqual(parseSettings({}));
  });

  it.each([
    ['PORT', ['-1', '65536', '3000.5', '0x10', '1e3', 'abc', '٣']],
    ['SHUTDOWN_DRAIN_MS', ['-1', '3600001', 'soon']],
    ['LOG_LEVEL', ['INFO', 'verbose']],
    ['HOST', ['http://localhost', 'a b']],
    [
      'OUTBOUNDBOT_ENDPOINT',
      [
        'https://a.b',
        'a.b/path',
        'a.b:port',
        'a b',
        ':80',
        'user@a.b',
        'a..b',
        'a.b:0',
        'a.b:65536',
        '127.0.0.999',
        '[::::]',
      ],
    ],
    ['OUTBOUNDBOT_PROTOCOL', ['ftp', 'HTTP']],
    ['OUTBOUNDBOT_ALLOW_PLAINTEXT', ['yes', '1', 'TRUE']],
    ['UPSTREAM_DEADLINE_MS', ['0', '-1', '1.5']],
    ['UPSTREAM_MAX_ATTEMPTS', ['0', '101']],
    ['UPSTREAM_MAX_RESPONSE_BYTES', ['0', '1MB']],
    ['UPSTREAM_RETRY_BUDGET_RATIO', ['-0.1', 'x', '10%', '.5', '1e-1']],
    ['UPSTREAM_MAX_CONCURRENCY', ['0', '1.5']],
    ['CACHE_FRESH_MS', ['-1', '5s']],
    [
      'REDIS_URL',
      [
        'localhost:6379',
        'http://localhost',
        'redis://',
        'redis://h:99999',
        'redis://h/cache',
        'redis://:p%zz@h',
      ],
    ],
  ])('refuses a wrong %s', (name, values) => {
    for (const value of values) {
      const message = complaintsAbout({ [name]: value });
      expect(message).toContain(`${name} must be`);
      expect(message).not.toContain(`"${value}"`);
    }
  });

  it('names every wrong variable in one message', () => {
    const message = complaintsAbout({ PORT: 'x', LOG_LEVEL: 'x', UPSTREAM_DEADLINE_MS: 'x' });
    expect(message.split('\n')).toHaveLength(4);
    expect(message).toContain('3 settings are wrong');
  });

  it.each([
    [{ ALIBABA_CLOUD_ACCESS_KEY_ID: 'canary' }, 'ALIBABA_CLOUD_ACCESS_KEY_SECRET must be set'],
    [{ ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'canary' }, 'ALIBABA_CLOUD_ACCESS_KEY_ID must be set'],
    [{ ALIBABA_CLOUD_SECURITY_TOKEN: 'canary' }, 'ALIBABA_CLOUD_SECURITY_TOKEN must not be set without'],
    [
      { ...KEY, ALIBABA_CLOUD_SECURITY_TOKEN: 'can ary' },
      'ALIBABA_CLOUD_SECURITY_TOKEN must be an STS token',
    ],
  ])('refuses half a key, and shows none of it', (variables, complaint) => {
    const message = complaintsAbout(variables);
    expect(message).toContain(complaint);
    expect(message).not.toContain('canary');
  });

  it.each(['127.0.0.1:4010', '127.8.8.8', 'localhost', 'LOCALHOST:80', '[::1]:4010'])(
    'allows http to %s',
    (endpoint) => {
      expect(
        parseSettings({ OUTBOUNDBOT_PROTOCOL: 'http', OUTBOUNDBOT_ENDPOINT: endpoint }).client.protocol,
      ).toBe('http');
    },
  );

  it.each(['example.com', '10.0.0.1', 'localhost.example.com', '127.0.0.1.example.com', '0.0.0.0'])(
    'refuses http to %s unless that is asked for',
    (endpoint) => {
      const variables = { OUTBOUNDBOT_PROTOCOL: 'http', OUTBOUNDBOT_ENDPOINT: endpoint };
      expect(complaintsAbout(variables)).toContain('OUTBOUNDBOT_PROTOCOL must be https');
      expect(parseSettings({ ...variables, OUTBOUNDBOT_ALLOW_PLAINTEXT: 'true' }).client.protocol).toBe(
        'http',
      );
    },
  );
});
