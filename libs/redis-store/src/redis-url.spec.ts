import { describe, expect, it } from 'vitest';

import { parseRedisUrl } from './redis-url.js';

describe('parseRedisUrl', () => {
  it.each([
    [
      'redis://h',
      { kind: 'single', tls: false, hosts: [{ host: 'h', port: 6379 }], database: 0, credentials: {} },
    ],
    [
      'rediss://user:p%40ss@h:7000/3?db=9',
      {
        kind: 'single',
        tls: true,
        hosts: [{ host: 'h', port: 7000 }],
        database: 3,
        credentials: { username: 'user', password: 'p@ss' },
      },
    ],
    [
      'redis://:pass@[::1]:7000/',
      {
        kind: 'single',
        tls: false,
        hosts: [{ host: '::1', port: 7000 }],
        database: 0,
        credentials: { password: 'pass' },
      },
    ],
    [
      'redis+sentinel://:pass@h1:26380,h2,[::1]:26381/main/2?sentinelUsername=u&sentinelPassword=s%26t',
      {
        kind: 'sentinel',
        tls: false,
        hosts: [
          { host: 'h1', port: 26_380 },
          { host: 'h2', port: 26_379 },
          { host: '::1', port: 26_381 },
        ],
        masterName: 'main',
        database: 2,
        credentials: { password: 'pass' },
        sentinelCredentials: { username: 'u', password: 's&t' },
      },
    ],
    [
      'rediss+cluster://u:p@h1:6379,h2:6380',
      {
        kind: 'cluster',
        tls: true,
        hosts: [
          { host: 'h1', port: 6379 },
          { host: 'h2', port: 6380 },
        ],
        database: 0,
        credentials: { username: 'u', password: 'p' },
      },
    ],
  ])('reads %s', (url, target) => {
    expect(parseRedisUrl(url)).toStrictEqual({ sentinelCredentials: {}, ...target });
  });

  it.each([
    'secret',
    'http://:secret@h',
    'redis://:secret@',
    'redis://:secret@h:port',
    'redis://:secret@h:99999',
    'redis://:secret@h:0',
    'redis://:secret%zz@h',
    'redis://:secret@h/cache',
    'redis://:secret@h1,h2',
    'redis+sentinel://:secret@h1,h2',
    'redis+sentinel://:secret@h1,,h2/main',
    'redis+cluster://:secret@h1,h2/1',
    'redis+proxy://:secret@h',
  ])('refuses %s without quoting it', (url) => {
    let error: unknown;
    try {
      parseRedisUrl(url);
    } catch (caught) {
      error = caught;
    }
    expect((error as Error).message).toMatch(/^The Redis URL must be a URL such as redis:/);
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('secret');
  });
});
