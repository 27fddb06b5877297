import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

import { ProviderKeys } from '@app/authentication';
import { FakeClock } from '@app/resilience/testing';
import { errors, type JWK } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { makeKey } from '../support/openid-provider.js';

const MINUTE_MS = 60_000;
const HOUR_S = 3600;

describe('the signing keys of a token provider', () => {
  let clock: FakeClock;
  let server: Server;
  let url: string;
  let answer: RequestListener;
  let requests: number;
  let states: string[];
  let fetches: string[];
  let keys: ProviderKeys;
  beforeEach(async () => {
    requests = 0;
    states = [];
    fetches = [];
    clock = new FakeClock();
    server = createServer((request, response) => {
      requests += 1;
      answer(request, response);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as { port: number }).port}/jwks`;
    keys = keysThatServe(HOUR_S);
  });
  afterEach(() => {
    keys.close();
    server.closeAllConnections();
    server.close();
  });

  const keysThatServe = (keysMaxStaleS: number) =>
    new ProviderKeys(
      {
        issuer: 'https://issuer.example.com',
        jwksUrl: url,
        keysMaxStaleS,
        onFetch: (outcome) => fetches.push(outcome),
        onKeysTooOld: () => states.push('keys too old'),
        onStateChange: (state, reason) => states.push(reason === undefined ? state : `${state}: ${reason}`),
      },
      clock,
    );
  const publish = async (...ids: string[]): Promise<void> => {
    const jwks = await Promise.all(ids.map(async (kid) => publicPart((await makeKey(kid)).jwk)));
    answer = (_request, response) => {
      response.end(JSON.stringify({ keys: jwks }));
    };
  };
  const publicPart = ({ kty, n, e, kid, alg }: JWK): JWK => ({ kty, n, e, kid, alg }) as JWK;
  const find = (kid: string): Promise<unknown> =>
    Promise.resolve(keys.find({ alg: 'RS256', kid }, { payload: '', signature: '' }));
  const fail: RequestListener = (_request, response) => {
    response.writeHead(500).end();
  };

  it('are fetched every five minutes, and a withdrawn key is no longer accepted', async () => {
    await publish('a');
    keys.start();
    await find('a');
    await publish('b');
    clock.advance(4 * MINUTE_MS);
    await find('a');
    clock.advance(MINUTE_MS);
    await expect.poll(() => requests).toBe(2);
    await expect
      .poll(() => find('a').catch((error: unknown) => error))
      .toBeInstanceOf(errors.JWKSNoMatchingKey);
    await find('b');
    expect(states).toStrictEqual([]);
  });

  it('stay valid while the provider is down until they are too old, and again after the next fetch', async () => {
    await publish('a');
    keys.start();
    await find('a');
    answer = fail;
    for (let n = 0; n < 12; n += 1) {
      clock.advance(5 * MINUTE_MS);
      await expect.poll(() => fetches.length).toBeGreaterThan(n + 1);
      await find('a');
    }
    expect(states).toStrictEqual(['down: status 500']);
    clock.advance(10_000);
    await expect.poll(() => states).toStrictEqual(['down: status 500', 'keys too old']);
    await expect(find('a')).rejects.toThrow('no keys');
    await expect(find('x')).rejects.toThrow('no keys');
    await publish('a');
    clock.advance(10_000);
    await expect.poll(() => states).toStrictEqual(['down: status 500', 'keys too old', 'up']);
    await find('a');
  });

  it('count as the same keys until the provider publishes others, and as none when they are too old', async () => {
    expect(keys.current).toBeUndefined();
    await publish('a');
    await find('a');
    const { current } = keys;
    expect(current).toBeDefined();
    expect(await keys.renew()).toBe(false);
    expect(keys.current).toBe(current);
    await publish('a', 'b');
    clock.advance(10_000);
    expect(await keys.renew()).toBe(true);
    expect(keys.current).toBeDefined();
    expect(keys.current).not.toBe(current);
    expect(fetches).toStrictEqual(['ok', 'ok', 'ok']);
    clock.advance(HOUR_S * 1000 + 1);
    expect(keys.current).toBeUndefined();
  });

  it('are reported after every fetch, with its outcome', async () => {
    await publish('a');
    await find('a');
    answer = fail;
    await keys.renew();
    clock.advance(10_000);
    await keys.renew();
    expect(fetches).toStrictEqual(['ok', 'error', 'error']);
  });

  it('are fetched by the first request that finds them too old, and that request is served', async () => {
    await publish('a');
    await find('a');
    clock.advance(HOUR_S * 1000 + 1);
    await find('a');
    expect(requests).toBe(2);
  });

  it('are not believed by the first request that finds them too old and the provider down', async () => {
    await publish('a');
    await find('a');
    clock.advance(HOUR_S * 1000);
    answer = fail;
    await find('a');
    expect(requests).toBe(1);
    clock.advance(1);
    await expect(find('a')).rejects.toThrow('no keys');
    expect(requests).toBe(2);
  });

  it('are fetched twice as often as they become too old, but at most every ten seconds', async () => {
    await publish('a');
    keys = keysThatServe(60);
    keys.start();
    await expect.poll(() => fetches.length).toBe(1);
    clock.advance(29_999);
    await delay(5);
    expect(requests).toBe(1);
    clock.advance(1);
    await expect.poll(() => fetches.length).toBe(2);
    keys.close();
    keys = keysThatServe(1);
    keys.start();
    await expect.poll(() => fetches.length).toBe(3);
    clock.advance(9999);
    await delay(5);
    expect(requests).toBe(3);
    clock.advance(1);
    await expect.poll(() => fetches.length).toBe(4);
  });

  it('serve beyond their time while the provider is up and the limit of fetches allows no fetch', async () => {
    await publish('a');
    keys = keysThatServe(1);
    for (let n = 0; n < 9; n += 1) {
      await find('a');
      clock.advance(1001);
    }
    expect(fetches).toStrictEqual(['ok', 'ok']);
    clock.advance(1000);
    await find('a');
    expect(fetches).toStrictEqual(['ok', 'ok', 'ok']);
  });

  it('are fetched once for all waiters, once more for unknown key ids, and then at most every ten seconds', async () => {
    await publish('a');
    await Promise.all(Array.from({ length: 50 }, () => find('a')));
    expect(requests).toBe(1);
    const unknown = () => Promise.allSettled(Array.from({ length: 50 }, (_, n) => find(`x-${n}`)));
    for (let n = 0; n < 3; n += 1) await unknown();
    expect(requests).toBe(2);
    clock.advance(9999);
    await unknown();
    expect(requests).toBe(2);
    clock.advance(1);
    await unknown();
    expect(requests).toBe(3);
  });

  it('are fetched at most every ten seconds while the provider is down', async () => {
    answer = fail;
    for (let n = 0; n < 100; n += 1) await expect(find('a')).rejects.toThrow('no key');
    expect(requests).toBe(2);
    clock.advance(10_000);
    await publish('a');
    await find('a');
    expect(requests).toBe(3);
  });

  it.each<[string, RequestListener, string]>([
    [
      'a redirect',
      (_, response) => response.writeHead(302, { location: '/jwks' }).end(),
      'unexpected redirect',
    ],
    ['an answer that is not JSON', (_, response) => response.end('<html>'), 'Unexpected token'],
    [
      'an answer that is not an object',
      (_, response) => response.end('1'),
      'the answer is not a JSON object',
    ],
    ['an object without keys', (_, response) => response.end('{}'), 'JSON Web Key Set malformed'],
    [
      'an endless answer',
      (_, response) => {
        const chunk = ' '.repeat(100_000);
        const write = (): void => {
          if (!response.destroyed) response.write(chunk, () => setImmediate(write));
        };
        write();
      },
      'the answer is too large',
    ],
    ['a connection that breaks', (request) => request.socket.destroy(), 'UND_ERR_SOCKET'],
  ])('are not accepted from %s', async (_, listener, reason) => {
    answer = listener;
    await expect(find('a')).rejects.toThrow('no key');
    expect(states).toHaveLength(1);
    expect(states[0]).toContain(`down: ${reason}`);
  });

  it('remain usable when another key of the set is malformed', async () => {
    const good = publicPart((await makeKey('good')).jwk);
    answer = (_request, response) => {
      response.end(JSON.stringify({ keys: [{ kty: 'RSA', kid: 'bad', alg: 'RS256', e: 'AQAB' }, good] }));
    };
    await find('good');
    await expect(find('bad')).rejects.toThrow();
    await find('good');
  });
});

describe('the metadata of a token issuer', () => {
  it.each(['/realms/acme', '/realms/acme/'])('is found for an issuer that ends in %s', async (path) => {
    const paths: string[] = [];
    const server = createServer((request, response) => {
      paths.push(request.url ?? '');
      const { kty, n, e, kid } = jwk;
      const metadata = { issuer: `${origin}${path}`, jwks_uri: `${origin}/keys` };
      response.end(JSON.stringify(request.url === '/keys' ? { keys: [{ kty, n, e, kid }] } : metadata));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const origin = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
    const { jwk } = await makeKey('a');
    const keys = new ProviderKeys(
      {
        issuer: `${origin}${path}`,
        jwksUrl: undefined,
        keysMaxStaleS: HOUR_S,
        onFetch: () => undefined,
        onKeysTooOld: () => undefined,
        onStateChange: () => undefined,
      },
      new FakeClock(),
    );
    await keys.find({ alg: 'RS256', kid: 'a' }, { payload: '', signature: '' });
    expect(paths).toStrictEqual(['/realms/acme/.well-known/openid-configuration', '/keys']);
    server.closeAllConnections();
    server.close();
  });

  it.each([
    [
      'another issuer',
      { issuer: 'https://evil.example.com', jwks_uri: 'http://127.0.0.1:1/jwks' },
      'another issuer',
    ],
    ['no jwks_uri', { issuer: 'ISSUER' }, 'no jwks_uri'],
    ['a relative jwks_uri', { issuer: 'ISSUER', jwks_uri: 'jwks' }, 'no jwks_uri'],
  ])('is rejected with %s', async (_, metadata, reason) => {
    const server = createServer((_request, response) => {
      response.end(JSON.stringify(metadata).replace('ISSUER', issuer));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const issuer = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
    const states: string[] = [];
    const keys = new ProviderKeys(
      {
        issuer,
        jwksUrl: undefined,
        keysMaxStaleS: HOUR_S,
        onFetch: () => undefined,
        onKeysTooOld: () => undefined,
        onStateChange: (state, why) => states.push(`${state}: ${why ?? ''}`),
      },
      new FakeClock(),
    );
    await expect(
      Promise.resolve(keys.find({ alg: 'RS256' }, { payload: '', signature: '' })),
    ).rejects.toThrow('no key');
    expect(states).toStrictEqual([expect.stringContaining(reason)]);
    server.close();
  });
});
