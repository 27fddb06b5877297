import { namespaceOf } from '@app/redis-store';
import { describe, expect, it } from 'vitest';

import { authInUse } from './auth-in-use.js';
import { parseSettings, WrongSettingsError } from './parse-settings.js';

const KEY = { ALIBABA_CLOUD_ACCESS_KEY_ID: 'id', ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'secret' };

function messageFor(variables: Record<string, string>): string {
  try {
    parseSettings(variables);
    return '';
  } catch (error) {
    expect(error).toBeInstanceOf(WrongSettingsError);
    return (error as Error).message;
  }
}

describe('parseSettings', () => {
  it('refuses METRICS_PORT if it is PORT', () => {
    expect(messageFor({ PORT: '9464', METRICS_PORT: '9464' })).toContain('METRICS_PORT must not be PORT');
    expect(parseSettings({ PORT: '0', METRICS_PORT: '0' }).server.metrics.port).toBeUndefined();
  });

  it('turns metrics off with METRICS_PORT=0', () => {
    expect(parseSettings({ METRICS_PORT: '0' }).server.metrics.port).toBeUndefined();
  });

  it('serves metrics on METRICS_HOST, else on HOST', () => {
    const metricsOf = (variables: Record<string, string>) => parseSettings(variables).server.metrics;
    expect(metricsOf({ HOST: '::1' })).toStrictEqual({ host: '::1', port: 9464, isDefault: true });
    expect(metricsOf({ HOST: '::1', METRICS_HOST: '10.0.0.1' })).toStrictEqual({
      host: '10.0.0.1',
      port: 9464,
      isDefault: false,
    });
    expect(messageFor({ METRICS_HOST: 'http://10.0.0.1' })).toContain('METRICS_HOST must be a host name');
  });

  it("reads OpenTelemetry's switch and sampler", () => {
    const OTEL_EXPORTER_OTLP_ENDPOINT = 'http://collector:4318';
    const tracingOf = (variables: Record<string, string>) =>
      parseSettings({ OTEL_EXPORTER_OTLP_ENDPOINT, ...variables }).tracing;
    for (const yes of ['true', 'TRUE'])
      expect(tracingOf({ OTEL_SDK_DISABLED: yes }).endpoint).toBeUndefined();
    expect(tracingOf({ OTEL_SDK_DISABLED: 'False' }).endpoint).toBe(OTEL_EXPORTER_OTLP_ENDPOINT);
    const sampler = { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.25' };
    expect(tracingOf(sampler).sampler).toStrictEqual({ name: 'traceidratio', ratio: 0.25 });
  });

  it.each([
    ['OTEL_TRACES_SAMPLER', 'parentbased_jaeger_remote', /^It is ignored, since it must be one of/],
    ['OTEL_TRACES_SAMPLER_ARG', 'endpoint=http://canary', /^It is ignored, since it must be a number/],
    ['OTEL_SDK_DISABLED', 'canary', /^It is ignored, since it must be true or false/],
  ])(
    'warns of a value of %s that it does not know, and ignores it, as OpenTelemetry asks',
    (setting, value, hint) => {
      const OTEL_EXPORTER_OTLP_ENDPOINT = 'http://collector:4318';
      const { warnings, tracing } = parseSettings({ OTEL_EXPORTER_OTLP_ENDPOINT, [setting]: value });
      expect(warnings).toStrictEqual([{ setting, hint: expect.stringMatching(hint) as string }]);
      expect(warnings[0]?.hint).not.toContain(value);
      expect(tracing).toStrictEqual(parseSettings({ OTEL_EXPORTER_OTLP_ENDPOINT }).tracing);
      expect(messageFor({ PORT: 'x', [setting]: value })).toMatch(
        new RegExp(
          `^The gateway cannot start: 1 setting is wrong\\.[^]*Warnings:\n  - ${setting}: It is ignored`,
        ),
      );
    },
  );

  it('warns of a wrong collector when traces are turned off', () => {
    const OTEL_EXPORTER_OTLP_ENDPOINT = 'collector:4317';
    const { warnings, tracing } = parseSettings({ OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_SDK_DISABLED: 'true' });
    expect(warnings).toMatchObject([{ setting: 'OTEL_EXPORTER_OTLP_ENDPOINT' }]);
    expect(tracing.endpoint).toBeUndefined();
    expect(messageFor({ OTEL_EXPORTER_OTLP_ENDPOINT })).toContain('OTEL_EXPORTER_OTLP_ENDPOINT must be');
  });

  it('needs no variable', () => {
    expect(parseSettings({})).toStrictEqual({
      server: {
        host: '127.0.0.1',
        port: 3000,
        publicUrl: undefined,
        metrics: { host: '127.0.0.1', port: 9464, isDefault: true },
        logLevel: 'info',
        shutdownDrainMs: 5000,
        cors: { origins: [], headers: [] },
        trustProxy: false,
        maxConnections: undefined,
        maxConnectionsPerAddress: undefined,
      },
      access: { apiKeysFile: undefined, tokens: undefined },
      rateLimit: { requests: 100, windowS: 1 },
      client: {
        endpoint: 'outboundbot.cn-shanghai.aliyuncs.com',
        protocol: 'https',
        accessKey: undefined,
        maxResponseBytes: 1_048_576,
        maxConnections: 64,
        keepAliveMs: 4000,
        connectTimeoutMs: 2000,
        proxy: undefined,
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
        minRevalidateMs: 1000,
        maxEntries: 10_000,
        maxBytes: 67_108_864,
      },
      list: { resourceGroupId: undefined, maxInstances: 10_000 },
      tracing: {
        endpoint: undefined,
        proxy: undefined,
        sampler: { name: 'parentbased_always_on', ratio: 1 },
      },
      redis: undefined,
      proxies: { HTTPS_PROXY: undefined, HTTP_PROXY: undefined, NO_PROXY: undefined },
      warnings: [],
    });
  });

  it('reads every variable', () => {
    expect(
      parseSettings({
        ...KEY,
        HOST: '0.0.0.0',
        METRICS_PORT: '9465',
        METRICS_HOST: '10.0.0.1',
        PORT: ' 8080 ',
        PUBLIC_URL: 'https://api.example.com/bot',
        LOG_LEVEL: ' debug ',
        SHUTDOWN_DRAIN_MS: '0',
        ALIBABA_CLOUD_SECURITY_TOKEN: 'token',
        OUTBOUNDBOT_ENDPOINT: 'outboundbot-vpc.cn-shanghai.aliyuncs.com:443',
        UPSTREAM_KEEP_ALIVE_MS: '0',
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
        CACHE_MAX_BYTES: '7',
        CACHE_MIN_REVALIDATE_MS: '5',
        OUTBOUNDBOT_RESOURCE_GROUP_ID: 'rg-1',
        LIST_MAX_INSTANCES: '6',
        REDIS_URL: 'redis://:password@localhost:6379/1',
        REDIS_SECRET: 'the-redis-secret',
        REDIS_TIMEOUT_MS: '70',
        AUTH_MODE: 'api-key, jwt',
        AUTH_API_KEYS_FILE: '/etc/keys.json',
        AUTH_JWT_ISSUER: 'https://issuer.example.com/',
        AUTH_JWT_AUDIENCE: 'outboundbot',
        AUTH_JWT_JWKS_URL: 'https://issuer.example.com/jwks',
        AUTH_JWT_TYPES: 'application/at+jwt, JWT',
        AUTH_JWT_SCOPE: 'read',
        AUTH_JWT_SCOPE_CLAIM: 'permissions',
        AUTH_JWT_INSTANCES_CLAIM: 'https://example.com/instances',
        AUTH_JWT_KEYS_MAX_STALE_S: '60',
        CORS_ORIGINS: 'https://app.example.com, http://localhost:8080',
        CORS_HEADERS: 'X-Monitoring, x-ab_test',
        RATE_LIMIT_REQUESTS: '5',
        RATE_LIMIT_WINDOW_S: '60',
        OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318',
        OTEL_TRACES_SAMPLER: 'traceidratio',
        OTEL_TRACES_SAMPLER_ARG: '0.5',
        TRUST_PROXY: '10.0.0.0/8, ::1,loopback',
        MAX_CONNECTIONS: '20',
        MAX_CONNECTIONS_PER_ADDRESS: '7',
        HTTPS_PROXY: 'http://user:p%40ss@proxy:3128',
        HTTP_PROXY: 'proxy:3128',
        NO_PROXY: '10.0.0.0/8, .cluster.local',
      }),
    ).toStrictEqual({
      server: {
        host: '0.0.0.0',
        port: 8080,
        publicUrl: 'https://api.example.com/bot/',
        metrics: { host: '10.0.0.1', port: 9465, isDefault: false },
        logLevel: 'debug',
        shutdownDrainMs: 0,
        cors: {
          origins: ['https://app.example.com', 'http://localhost:8080'],
          headers: ['X-Monitoring', 'x-ab_test'],
        },
        trustProxy: ['10.0.0.0/8', '::1', 'loopback'],
        maxConnections: 20,
        maxConnectionsPerAddress: 7,
      },
      access: {
        apiKeysFile: '/etc/keys.json',
        tokens: {
          issuer: 'https://issuer.example.com/',
          audience: 'outboundbot',
          jwksUrl: 'https://issuer.example.com/jwks',
          types: ['application/at+jwt', 'JWT'],
          scope: 'read',
          scopeClaim: 'permissions',
          instancesClaim: 'https://example.com/instances',
          keysMaxStaleS: 60,
        },
      },
      rateLimit: { requests: 5, windowS: 60 },
      client: {
        endpoint: 'outboundbot-vpc.cn-shanghai.aliyuncs.com:443',
        protocol: 'https',
        accessKey: { accessKeyId: 'id', accessKeySecret: 'secret', securityToken: 'token' },
        maxResponseBytes: 9,
        maxConnections: 1,
        keepAliveMs: 0,
        connectTimeoutMs: 2,
        proxy: new URL('http://user:p%40ss@proxy:3128'),
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
        minRevalidateMs: 5,
        maxEntries: 4,
        maxBytes: 7,
      },
      list: { resourceGroupId: 'rg-1', maxInstances: 6 },
      tracing: {
        endpoint: 'http://collector:4318',
        proxy: new URL('http://proxy:3128'),
        sampler: { name: 'traceidratio', ratio: 0.5 },
      },
      redis: {
        url: 'redis://:password@localhost:6379/1',
        urlFile: undefined,
        timeoutMs: 70,
        account: { secret: 'the-redis-secret', accessKeyId: 'id' },
        namespace: namespaceOf(
          { secret: 'the-redis-secret', accessKeyId: 'id' },
          'outboundbot-vpc.cn-shanghai.aliyuncs.com:443',
        ),
      },
      proxies: {
        HTTPS_PROXY: 'http://user:p%40ss@proxy:3128',
        HTTP_PROXY: 'http://proxy:3128',
        NO_PROXY: '10.0.0.0/8, .cluster.local',
      },
      warnings: [expect.objectContaining({ setting: 'UPSTREAM_ATTEMPT_TIMEOUT_MS' })],
    });
  });

  it('treats an empty variable as missing, and ignores unknown variables', () => {
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
    ['UPSTREAM_KEEP_ALIVE_MS', ['-1', '1.5', '4s']],
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
        'redis://h1,h2',
        'redis+sentinel://h1,h2',
      ],
    ],
    ['AUTH_MODE', ['basic', 'none,jwt', 'jwt,jwt', 'api-key,', 'JWT', ',']],
    [
      'AUTH_JWT_JWKS_URL',
      ['http://example.com/jwks', 'file:///etc/passwd', 'https://u:p@h/', 'jwks', 'https:'],
    ],
    ['AUTH_JWT_TYPES', ['none', ',', 'JWT,', 'a b', 'a/b/c', '*/*', 'at+jwt;v=1', 'ä']],
    ['AUTH_JWT_SCOPE_CLAIM', ['a b', 'ä']],
    ['AUTH_JWT_SCOPE', ['a b', '"a"', 'a\\']],
    ['AUTH_JWT_ISSUER', ['a b', 'ä']],
    ['AUTH_JWT_KEYS_MAX_STALE_S', ['0', '1.5', '1h', '31536001']],
    [
      'CORS_ORIGINS',
      [
        '*',
        'null',
        'app.example.com',
        'https://a.b/',
        'https://a.b/path',
        'https://A.b',
        'https://a.b:443',
        'a,b',
      ],
    ],
    ['CORS_HEADERS', ['*', 'X-A,*', 'X A', 'X-A:', 'X-A,', 'ä']],
    ['RATE_LIMIT_REQUESTS', ['-1', '1.5', 'many']],
    ['RATE_LIMIT_WINDOW_S', ['0', '86401', '1m']],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', ['collector:4318', 'grpc://collector:4317', 'http://']],
    [
      'HTTPS_PROXY',
      [
        'socks5://h:1080',
        'http://',
        'http://h/path',
        'http://h:0',
        'http://h:99999',
        'http://u:p%zz@h',
        'a b',
      ],
    ],
    ['HTTP_PROXY', ['ftp://h', 'h:port']],
    [
      'PUBLIC_URL',
      [
        'api.example.com/bot',
        '/bot',
        'ftp://h/',
        'https:/h',
        'https:///h',
        'https://h:0',
        'https://h:99999',
        'https://user@h/',
        'https://:password@h/',
        'https://h/?q=1',
        'https://h/?',
        'https://h/#top',
        'https://h/#',
        'https://h/a b',
        String.raw`https://h\bot`,
      ],
    ],
    ['TRUST_PROXY', ['yes', '1', '10.0.0.0/33', '10.0.0', 'proxy.example.com', ',', 'none', '::1/200']],
  ])('refuses a wrong %s', (name, values) => {
    for (const value of values) {
      const message = messageFor({ [name]: value });
      expect(message).toContain(`${name} must be`);
      expect(message).not.toContain(`"${value}"`);
    }
  });

  it.each([
    ['https://api.example.com', 'https://api.example.com/'],
    ['https://api.example.com/', 'https://api.example.com/'],
    ['http://localhost:8080/bot', 'http://localhost:8080/bot/'],
    ['https://api.example.com/a/bot//', 'https://api.example.com/a/bot/'],
    ['HTTPS://API.example.com:443/Bot', 'https://api.example.com/Bot/'],
    ['https://[2001:db8::1]/bot', 'https://[2001:db8::1]/bot/'],
    ['https://bücher.example/機器人', 'https://xn--bcher-kva.example/%E6%A9%9F%E5%99%A8%E4%BA%BA/'],
    ['https://h/"><b>', 'https://h/%22%3E%3Cb%3E/'],
  ])('takes PUBLIC_URL=%s, to which paths can be appended', (given, publicUrl) => {
    expect(parseSettings({ PUBLIC_URL: given }).server.publicUrl).toBe(publicUrl);
  });

  it('names a wrong PUBLIC_URL together with the other wrong settings', () => {
    const message = messageFor({ PUBLIC_URL: 'https://user:secret@h/', PORT: 'none' });
    expect(message).toContain('2 settings are wrong');
    expect(message).toContain('PUBLIC_URL must be an http:// or https:// URL without user, password, query');
    expect(message).not.toContain('secret');
  });

  it('prefers the lower-case names of the variables of proxies', () => {
    const proxyOf = (variables: Record<string, string>) => parseSettings(variables).client.proxy?.host;
    expect(proxyOf({ https_proxy: 'http://small:1' })).toBe('small:1');
    expect(proxyOf({ https_proxy: 'http://small:1', HTTPS_PROXY: 'http://CAPITAL:1' })).toBe('small:1');
    expect(proxyOf({ https_proxy: '', HTTPS_PROXY: 'http://capital:1' })).toBe('capital:1');
    expect(proxyOf({ HTTPS_PROXY: 'http://h:1', no_proxy: '.aliyuncs.com' })).toBeUndefined();
    expect(proxyOf({ HTTP_PROXY: 'http://h:1' })).toBeUndefined();
    expect(parseSettings({ Port: '1', port: '2' }).server.port).toBe(3000);
  });

  const INJECTED = 'tcp://10.0.0.1:9464';

  it.each([
    'METRICS_PORT',
    'PORT',
    'REDIS_URL',
    'HTTPS_PROXY',
    'no_proxy',
    'AUTH_MODE',
    'TRUST_PROXY',
    'HOST',
  ])('treats an address that Kubernetes injects as %s as missing, with a warning', (setting) => {
    const { warnings, ...settings } = parseSettings({ [setting]: ` ${INJECTED}` });
    const { warnings: none, ...defaults } = parseSettings({});
    expect(settings).toStrictEqual(defaults);
    expect(none).toStrictEqual([]);
    expect(warnings).toMatchObject([{ setting }]);
    expect(warnings[0]?.hint).not.toContain('10.0.0.1');
  });

  it('still asks for AUTH_MODE if Kubernetes has injected an address in its place', () => {
    expect(messageFor({ HOST: '0.0.0.0', AUTH_MODE: INJECTED })).toContain('AUTH_MODE must be set');
  });

  it('reads HTTPS_PROXY if Kubernetes has injected an address as https_proxy', () => {
    const { proxies } = parseSettings({ https_proxy: INJECTED, HTTPS_PROXY: 'http://h:1' });
    expect(proxies.HTTPS_PROXY).toBe('http://h:1');
  });

  it('keeps such a text where any URI is possible', () => {
    const settings = parseSettings({
      AUTH_MODE: 'jwt',
      AUTH_JWT_ISSUER: 'https://a.b',
      AUTH_JWT_AUDIENCE: INJECTED,
    });
    expect(settings.access.tokens?.audience).toBe(INJECTED);
    expect(settings.warnings).toStrictEqual([]);
  });

  it('refuses tcp:// with a host name, which Kubernetes does not inject', () => {
    expect(messageFor({ REDIS_URL: 'tcp://redis:6379' })).toContain('REDIS_URL must be');
  });

  it('shows a misspelt name in the message about the setting that is missing', () => {
    const message = messageFor({ AUTH_MODE: 'api-key', AUTH_API_KEY_FILE: 'canary' });
    expect(message).toContain('1 setting is wrong.\n  - AUTH_API_KEYS_FILE must be set');
    expect(message).toContain('\nWarnings:\n  - AUTH_API_KEY_FILE: The gateway has no setting of this name');
    expect(message).not.toContain('canary');
  });

  it('names every wrong variable in one message', () => {
    const message = messageFor({ PORT: 'x', LOG_LEVEL: 'x', UPSTREAM_DEADLINE_MS: 'x' });
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
  ])('refuses an incomplete access key without showing its value', (variables, expected) => {
    const message = messageFor(variables);
    expect(message).toContain(expected);
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
    'refuses http to %s without OUTBOUNDBOT_ALLOW_PLAINTEXT',
    (endpoint) => {
      const variables = { OUTBOUNDBOT_PROTOCOL: 'http', OUTBOUNDBOT_ENDPOINT: endpoint };
      expect(messageFor(variables)).toContain('OUTBOUNDBOT_PROTOCOL must be https');
      expect(parseSettings({ ...variables, OUTBOUNDBOT_ALLOW_PLAINTEXT: 'true' }).client.protocol).toBe(
        'http',
      );
    },
  );

  describe('on the access of callers', () => {
    const FILE = { AUTH_MODE: 'api-key', AUTH_API_KEYS_FILE: 'keys.json' };
    const JWT = { AUTH_MODE: 'jwt', AUTH_JWT_ISSUER: 'https://a.b', AUTH_JWT_AUDIENCE: 'me' };

    it.each(['0.0.0.0', '::', '10.1.2.3', 'gateway.example.com', '127.0.0.1.example.com'])(
      'refuses HOST=%s without AUTH_MODE',
      (HOST) => {
        expect(messageFor({ HOST })).toContain('AUTH_MODE must be set, since HOST');
        for (const decided of [{ AUTH_MODE: 'none' }, FILE, JWT]) {
          expect(parseSettings({ HOST, ...decided }).server.host).toBe(HOST);
        }
      },
    );

    it.each(['127.0.0.1', '127.1.2.3', 'localhost', '::1'])('accepts HOST=%s without AUTH_MODE', (HOST) => {
      expect(parseSettings({ HOST }).access).toStrictEqual({ apiKeysFile: undefined, tokens: undefined });
    });

    it.each([
      [{ AUTH_API_KEYS_FILE: 'keys.json' }, 'AUTH_MODE must be set, since AUTH_API_KEYS_FILE is'],
      [{ AUTH_JWT_ISSUER: 'https://a.b' }, 'AUTH_MODE must be set, since AUTH_JWT_ISSUER is'],
      [{ AUTH_MODE: 'api-key' }, 'AUTH_API_KEYS_FILE must be set'],
      [{ AUTH_MODE: 'jwt', AUTH_JWT_AUDIENCE: 'a' }, 'AUTH_JWT_ISSUER must be set'],
      [{ AUTH_MODE: 'jwt', AUTH_JWT_ISSUER: 'https://a.b' }, 'AUTH_JWT_AUDIENCE must be set'],
      [{ ...FILE, AUTH_MODE: 'api-key,jwt' }, 'AUTH_JWT_ISSUER must be set'],
      [{ ...JWT, AUTH_JWT_ISSUER: 'http://a.b' }, 'AUTH_JWT_ISSUER must be an https:// URL'],
      [{ ...JWT, AUTH_JWT_ISSUER: 'somebody' }, 'AUTH_JWT_ISSUER must be an https:// URL'],
    ])('refuses the incomplete %o', (variables, expected) => {
      expect(messageFor(variables)).toContain(expected);
    });

    it('accepts http for an issuer on this machine, and any issuer with a URL of its keys', () => {
      expect(parseSettings({ ...JWT, AUTH_JWT_ISSUER: 'http://127.0.0.1:9000' }).access.tokens).toMatchObject(
        {
          jwksUrl: undefined,
          scope: 'instances:read',
          instancesClaim: undefined,
          keysMaxStaleS: 3600,
        },
      );
      const AUTH_JWT_JWKS_URL = 'http://localhost:9000/jwks';
      expect(
        parseSettings({ ...JWT, AUTH_JWT_ISSUER: 'somebody', AUTH_JWT_JWKS_URL }).access.tokens?.jwksUrl,
      ).toBe(AUTH_JWT_JWKS_URL);
    });

    it('ignores the settings of methods that AUTH_MODE does not name', () => {
      expect(parseSettings({ ...JWT, ...FILE }).access).toStrictEqual({
        apiKeysFile: 'keys.json',
        tokens: undefined,
      });
    });

    it.each(['true', 'loopback', '10.0.0.0/8'])('refuses TRUST_PROXY=%s without AUTH_MODE', (TRUST_PROXY) => {
      expect(messageFor({ TRUST_PROXY })).toContain('AUTH_MODE must be set, since TRUST_PROXY');
      for (const decided of [{ AUTH_MODE: 'none' }, FILE, JWT]) {
        expect(messageFor({ TRUST_PROXY, ...decided })).toBe('');
      }
    });

    it('needs no AUTH_MODE for TRUST_PROXY=false', () => {
      expect(parseSettings({ TRUST_PROXY: 'false' }).server.trustProxy).toBe(false);
    });

    it.each([
      [{}, 'none'],
      [{ AUTH_MODE: 'none' }, 'none'],
      [FILE, 'api-key'],
      [JWT, 'jwt'],
      [{ ...JWT, ...FILE, AUTH_MODE: 'jwt,api-key' }, 'api-key,jwt'],
    ])('tells from %o that callers authenticate by %s', (variables, auth) => {
      expect(authInUse(parseSettings(variables))).toBe(auth);
    });

    it.each([
      ['true', true],
      ['false', false],
      ['127.0.0.1', ['127.0.0.1']],
    ])('reads TRUST_PROXY=%s', (TRUST_PROXY, trustProxy) => {
      expect(parseSettings({ AUTH_MODE: 'none', TRUST_PROXY }).server.trustProxy).toStrictEqual(trustProxy);
    });

    it('reads CORS_ORIGINS=none as no origin', () => {
      expect(parseSettings({ CORS_ORIGINS: 'none' }).server.cors.origins).toStrictEqual([]);
    });
  });
});
