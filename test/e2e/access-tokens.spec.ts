import { createHmac, createPrivateKey, sign } from 'node:crypto';

import { base64url, exportSPKI, generateKeyPair, importJWK, type JWTPayload, SignJWT } from 'jose';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { KeyFile } from '../support/api-keys.js';
import { SAMPLE_ID, startStack } from '../support/gateway.js';
import { startMeasured } from '../support/measured-gateway.js';
import { AUDIENCE, makeKey, OpenIdProvider, type SigningKey } from '../support/openid-provider.js';

const OTHER_ID = 'af81a389-91f0-4157-8d82-720edd02b66a';
const PATH = `/instances/${SAMPLE_ID}`;
type Stack = Awaited<ReturnType<typeof startStack>>;

const startWith = (provider: OpenIdProvider, variables: Record<string, string> = {}): Promise<Stack> =>
  startStack({
    AUTH_MODE: 'jwt',
    AUTH_JWT_ISSUER: provider.issuer,
    AUTH_JWT_AUDIENCE: AUDIENCE,
    ...variables,
  });
const get = (stack: Stack, token?: string, path = PATH) => {
  const request = stack.gateway.http.get(path);
  return token === undefined ? request : request.set('authorization', `Bearer ${token}`);
};

describe('access tokens of an OpenID provider', () => {
  let provider: OpenIdProvider;
  let stack: Stack;
  beforeAll(async () => {
    provider = await OpenIdProvider.start();
    stack = await startWith(provider);
  });
  beforeEach(() => {
    stack.emulator.reset();
  });
  afterAll(async () => {
    await stack.close();
    await provider.pause();
  });

  const now = () => Math.floor(Date.now() / 1000);
  const claims = (): JWTPayload => ({
    iss: provider.issuer,
    aud: AUDIENCE,
    sub: 'subject-1',
    client_id: 'service',
    iat: now(),
    exp: now() + 600,
    jti: 'one',
    scope: 'instances:read',
  });
  const signed = (
    changes: Record<string, unknown> = {},
    header: Record<string, unknown> = {},
    key = provider.key,
  ) => key.sign({ typ: 'at+jwt', ...header }, { ...claims(), ...changes });

  it('give access with a valid token, and the answer is Cache-Control: private', async () => {
    const { status, headers, body } = await get(stack, await provider.token());
    expect(status).toBe(200);
    expect(body).toMatchObject({ instanceId: SAMPLE_ID });
    expect(headers['cache-control']).toMatch(/^private, /);
    expect(headers['vary']).toBe('Authorization');
  });

  it.each(['bearer', 'BEARER', 'Bearer  '])('are accepted with the scheme "%s"', async (scheme) => {
    const token = await provider.token();
    const { status } = await stack.gateway.http.get(PATH).set('authorization', `${scheme} ${token}`);
    expect(status).toBe(200);
  });

  it('are accepted up to a minute outside exp and nbf because clocks differ', async () => {
    expect((await get(stack, await signed({ exp: now() - 50 }))).status).toBe(200);
    expect((await get(stack, await signed({ nbf: now() + 50 }))).status).toBe(200);
  });

  it('are accepted with several audiences and the type application/at+jwt', async () => {
    const token = await signed(
      { aud: ['https://other.example.com', AUDIENCE] },
      { typ: 'application/at+JWT' },
    );
    expect((await get(stack, token)).status).toBe(200);
  });

  it('are accepted without a key id', async () => {
    expect((await get(stack, await signed({}, { kid: undefined }))).status).toBe(200);
  });

  const unsigned = (header: object) =>
    `${base64url.encode(JSON.stringify(header))}.${base64url.encode(JSON.stringify(claims()))}.`;
  const asPem = async () =>
    exportSPKI((await importJWK(publicPart(), 'RS256', { extractable: true })) as never);
  const publicPart = () => {
    const { kty, n, e } = provider.key.jwk;
    return { kty: kty!, n: n!, e: e! };
  };

  const forgeries: [string, () => Promise<string> | string, string?][] = [
    ['alg none', () => unsigned({ alg: 'none', typ: 'at+jwt' })],
    ['alg none in mixed case', () => unsigned({ alg: 'nOnE', typ: 'at+jwt', kid: 'first' })],
    [
      'HS256 with the public key as the secret',
      async () => {
        const head = unsigned({ alg: 'HS256', typ: 'at+jwt', kid: 'first' }).slice(0, -1);
        return `${head}.${createHmac('sha256', await asPem())
          .update(head)
          .digest('base64url')}`;
      },
    ],
    ['the signature of another key with the same key id', async () => signed({}, {}, await makeKey('first'))],
    [
      'the signature of another key without a key id',
      async () => signed({}, { kid: undefined }, await makeKey('x')),
    ],
    ['the signature of an unknown key id', async () => signed({}, {}, await makeKey('unknown'))],
    [
      'a key in the header',
      async () => {
        const { privateKey } = await generateKeyPair('RS256');
        return new SignJWT(claims())
          .setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', jwk: { ...publicPart() } })
          .sign(privateKey);
      },
    ],
    [
      'the address of a key in the header',
      async () => signed({}, { jku: 'http://127.0.0.1:1/jwks' }, await makeKey('x')),
    ],
    [
      'an unknown critical extension',
      () => {
        const head = unsigned({ alg: 'RS256', typ: 'at+jwt', kid: 'first', crit: ['x'], x: 1 }).slice(0, -1);
        const key = createPrivateKey({ key: provider.key.jwk, format: 'jwk' });
        return `${head}.${sign('sha256', Buffer.from(head), key).toString('base64url')}`;
      },
    ],
    ['another issuer', () => signed({ iss: 'https://evil.example.com' }), 'another issuer'],
    ['an issuer that has an extra slash', () => signed({ iss: `${provider.issuer}/` }), 'another issuer'],
    ['no issuer', () => signed({ iss: undefined }), 'another issuer'],
    ['another audience', () => signed({ aud: 'https://other.example.com' }), 'another audience'],
    ['no audience', () => signed({ aud: undefined }), 'another audience'],
    ['an exp that has passed', () => signed({ exp: now() - 61 }), 'expired'],
    ['an nbf in the future', () => signed({ nbf: now() + 90 }), 'not valid yet'],
    ['no exp', () => signed({ exp: undefined })],
    ['an exp that is text', () => signed({ exp: '9999999999' })],
    ['the type of an ID token', () => signed({}, { typ: 'JWT' }), 'typ'],
    ['a type that is not text', () => signed({}, { typ: 1 }), 'typ'],
    ['no type', () => signed({}, { typ: undefined }), 'typ'],
    ['another audience, even with the right client id', () => signed({ aud: 'x', client_id: AUDIENCE })],
    [
      'a changed payload',
      async () => {
        const [head, , signature] = (await signed()).split('.');
        return `${head!}.${base64url.encode(JSON.stringify({ ...claims(), sub: 'root' }))}.${signature!}`;
      },
    ],
    ['a cut signature', async () => (await signed()).slice(0, -10)],
    ['a value that is not a JWT', () => 'abc'],
    ['empty parts', () => '..'],
    ['JSON that is not an object', () => `${base64url.encode('1')}.${base64url.encode('1')}.AA`],
  ];

  it.each(forgeries)('cause 401 invalid_token without an upstream call with %s', async (_, forge, reason) => {
    const token = await forge();
    const { status, headers, body } = await get(stack, token);
    expect(status).toBe(401);
    expect(headers['www-authenticate']).toMatch(
      /^Bearer realm="outboundbot-gateway", error="invalid_token", error_description="[^"\\]+"$/,
    );
    expect(body).toMatchObject({ code: 'unauthenticated', detail: expect.stringContaining(reason ?? '') });
    expect(JSON.stringify([headers, body])).not.toContain(token);
    expect(stack.emulator.calls.count()).toBe(0);
  });

  it.each(['Basic YTpi', 'Bearer', 'Bearer ', 'Bearer a b', 'Token x', ''])(
    'cause 401 without an error code for "Authorization: %s" (RFC 6750, section 3.1)',
    async (authorization) => {
      const { status, headers } = await stack.gateway.http.get(PATH).set({ authorization });
      expect(status).toBe(401);
      expect(headers['www-authenticate']).toBe('Bearer realm="outboundbot-gateway"');
    },
  );

  it('are not accepted in the query', async () => {
    expect((await get(stack, undefined, `${PATH}?access_token=${await provider.token()}`)).status).toBe(401);
  });

  it.each(['something:else', ''])('cause 403 insufficient_scope with the scope "%s"', async (scope) => {
    const { status, headers, body } = await get(stack, await signed({ scope }));
    expect(status).toBe(403);
    expect(headers['www-authenticate']).toBe(
      'Bearer realm="outboundbot-gateway", error="insufficient_scope", scope="instances:read"',
    );
    expect(body).toMatchObject({ code: 'forbidden', detail: expect.stringContaining('instances:read') });
    expect(stack.emulator.calls.count()).toBe(0);
  });

  it('cause 403 with a scope that only begins with the required scope', async () => {
    expect((await get(stack, await signed({ scope: 'instances:readonly' }))).status).toBe(403);
    expect((await get(stack, await signed({ scope: 'a instances:read b' }))).status).toBe(200);
  });

  it('appear in the log by their subject only', async () => {
    const token = await signed({ sub: 'subject-42', canary: 'canary' });
    await get(stack, token).set('x-request-id', 'with-token');
    await expect
      .poll(() => stack.gateway.requestLog().find(({ requestId }) => requestId === 'with-token'))
      .toMatchObject({ caller: 'subject:subject-42' });
    const log = stack.gateway.logLines.join('');
    for (const part of token.split('.')) expect(log).not.toContain(part);
    expect(log).not.toContain('canary');
  });
});

describe('AUTH_JWT_INSTANCES_CLAIM', () => {
  let provider: OpenIdProvider;
  let stack: Stack;
  let key: SigningKey;
  beforeAll(async () => {
    provider = await OpenIdProvider.start();
    ({ key } = provider);
    stack = await startWith(provider, { AUTH_JWT_INSTANCES_CLAIM: 'instances' });
  });
  afterAll(async () => {
    await stack.close();
    await provider.pause();
  });

  it('gives access to the ids in the claim only, even if another instance is cached', async () => {
    const everything = await provider.token('instances:read', '*');
    const other = await provider.token('instances:read', `${OTHER_ID} more`);
    const { headers } = await get(stack, everything);
    expect((await get(stack, other)).status).toBe(403);
    expect((await get(stack, other).set('if-none-match', headers['etag']!)).status).toBe(403);
    expect((await get(stack, other, `/instances/${OTHER_ID}`)).status).toBe(200);
  });

  it.each([
    ['a list with the id', 200, [SAMPLE_ID]],
    ['a list with a star', 200, ['x', '*']],
    ['the id as text', 200, SAMPLE_ID],
    ['ids separated by spaces', 200, `a ${SAMPLE_ID}`],
    ['an empty list', 403, []],
    ['a pattern that matches', 200, ['9*']],
    ['a pattern that does not match', 403, ['*x']],
    ['a pattern among ids separated by spaces', 200, 'a  90515b5-*'],
    ['a pattern with a character that no id has', 403, ['9* ']],
    ['an object', 403, { [SAMPLE_ID]: true }],
    ['a list of lists', 403, [[SAMPLE_ID]]],
    ['true', 403, true],
    ['no value', 403, undefined],
  ])('with %s in the claim is answered with %i', async (_, status, instances) => {
    const now = Math.floor(Date.now() / 1000);
    const token = await key.sign(
      { typ: 'at+jwt' },
      { iss: provider.issuer, aud: AUDIENCE, exp: now + 60, scope: 'instances:read', instances },
    );
    expect((await get(stack, token)).status).toBe(status);
  });

  it.each(['constructor', '__proto__', 'toString'])(
    'is answered 403 when the claim name is the inherited property %s',
    async (claim) => {
      const other = await startWith(provider, { AUTH_JWT_INSTANCES_CLAIM: claim });
      expect((await get(other, await provider.token())).status).toBe(403);
      await other.close();
    },
  );
});

describe('the signing keys of the token provider', () => {
  let provider: OpenIdProvider;
  beforeEach(async () => {
    provider = await OpenIdProvider.start();
  });
  afterEach(() => provider.pause());

  it('are fetched at most three times for a hundred unknown key ids', async () => {
    const stack = await startWith(provider);
    const stranger = await makeKey('x');
    const tokens = await Promise.all(
      Array.from({ length: 100 }, (_, n) =>
        stranger.sign({ typ: 'at+jwt', kid: `unknown-${n}` }, { exp: 1 }),
      ),
    );
    const sequential = tokens.slice(0, 50);
    for (const token of sequential) expect((await get(stack, token)).status).toBe(401);
    const answers = await Promise.all(tokens.slice(50).map((token) => get(stack, token)));
    for (const { status } of answers) expect(status).toBe(401);
    expect(provider.keyRequests).toBeLessThanOrEqual(3);
    expect((await get(stack, await provider.token())).status).toBe(200);
    await stack.close();
  });

  it('are fetched again when a token has a new key id', async () => {
    const stack = await startWith(provider);
    expect((await get(stack, await provider.token())).status).toBe(200);
    const old = await provider.token();
    await provider.rotate('second');
    expect((await get(stack, await provider.token())).status).toBe(200);
    expect((await get(stack, old)).status).toBe(401);
    expect(provider.keyRequests).toBe(2);
    await stack.close();
  });

  it('are fetched again when a token without a key id is signed by a new key', async () => {
    const stack = await startWith(provider);
    const anonymous = () =>
      provider.key.sign(
        { typ: 'at+jwt', kid: undefined },
        {
          iss: provider.issuer,
          aud: AUDIENCE,
          exp: Math.floor(Date.now() / 1000) + 60,
          scope: 'instances:read',
        },
      );
    const old = await anonymous();
    expect((await get(stack, old)).status).toBe(200);
    await provider.rotate('second');
    expect((await get(stack, await anonymous())).status).toBe(200);
    for (let n = 0; n < 20; n += 1) expect((await get(stack, old)).status).toBe(401);
    expect(provider.keyRequests).toBeLessThanOrEqual(3);
    await stack.close();
  });

  it('stay valid while the provider is down', async () => {
    const stack = await startWith(provider);
    const token = await provider.token();
    expect((await get(stack, token)).status).toBe(200);
    await provider.pause();
    const stranger = await makeKey('unknown');
    for (let n = 0; n < 5; n += 1) {
      expect((await get(stack, await stranger.sign({ typ: 'at+jwt' }, { exp: 1 }))).status).toBe(401);
      expect((await get(stack, token)).status).toBe(200);
    }
    await stack.close();
  });

  it('are no longer believed after AUTH_JWT_KEYS_MAX_STALE_S while the provider is down, and tokens are answered 503', async () => {
    const stack = await startWith(provider, { AUTH_JWT_KEYS_MAX_STALE_S: '60' });
    const token = await provider.token();
    expect((await get(stack, token)).status).toBe(200);
    await provider.pause();
    stack.gateway.clock.advance(55_000);
    expect((await get(stack, token)).status).toBe(200);
    stack.gateway.clock.advance(10_000);
    const { status, headers, body } = await get(stack, token);
    expect(status).toBe(503);
    expect(headers['retry-after']).toBe('10');
    expect(body).toMatchObject({ code: 'upstream-unavailable', detail: expect.stringContaining('provider') });
    await expect.poll(() => stack.gateway.logLines.filter((line) => line.includes('too old')).length).toBe(1);
    await provider.resume();
    stack.gateway.clock.advance(10_000);
    await expect.poll(async () => (await get(stack, token)).status).toBe(200);
    await stack.close();
  });

  it('are counted in reloads_total at each fetch', async () => {
    const { stack, value } = await startMeasured({
      AUTH_MODE: 'jwt',
      AUTH_JWT_ISSUER: provider.issuer,
      AUTH_JWT_AUDIENCE: AUDIENCE,
    });
    const fetches = (outcome: string) => value(`reloads_total{what="provider-keys",outcome="${outcome}"}`);
    await expect.poll(() => fetches('ok')).toBe(1);
    await provider.pause();
    stack.gateway.clock.advance(300_000);
    await expect.poll(() => fetches('error')).toBe(1);
    expect(await fetches('ok')).toBe(1);
    await stack.close();
  });

  it('are fetched later by a gateway that started before the provider, and until then tokens are answered 503', async () => {
    const token = await provider.token();
    await provider.pause();
    const stack = await startWith(provider);
    const { status, headers, body } = await get(stack, token);
    expect(status).toBe(503);
    expect(headers['retry-after']).toBe('10');
    expect(body).toMatchObject({ code: 'upstream-unavailable', detail: expect.stringContaining('provider') });
    expect(body).not.toHaveProperty('upstream');
    expect((await get(stack, undefined)).status).toBe(401);
    await provider.resume();
    stack.gateway.clock.advance(10_000);
    await expect.poll(async () => (await get(stack, token)).status).toBe(200);
    const states = stack.gateway.logLines.filter((line) => line.includes('"token provider"'));
    expect(states.map((line) => (JSON.parse(line) as { state: string }).state)).toStrictEqual(['down', 'up']);
    await stack.close();
  });

  it('are fetched from AUTH_JWT_JWKS_URL when the issuer is not a URL', async () => {
    const stack = await startWith(provider, {
      AUTH_JWT_ISSUER: 'my-issuer',
      AUTH_JWT_JWKS_URL: `${provider.issuer}/jwks`,
    });
    const exp = Math.floor(Date.now() / 1000) + 60;
    const token = await provider.key.sign(
      { typ: 'at+jwt' },
      { iss: 'my-issuer', aud: AUDIENCE, exp, scope: 'instances:read' },
    );
    expect((await get(stack, token)).status).toBe(200);
    expect((await get(stack, await provider.token())).status).toBe(401);
    await stack.close();
  });

  it('are not accepted from the metadata of another issuer', async () => {
    const stack = await startWith(provider, { AUTH_JWT_ISSUER: `${provider.issuer}/` });
    expect((await get(stack, await provider.token())).status).toBe(503);
    await stack.close();
  });
});

describe('API keys and access tokens together', () => {
  let provider: OpenIdProvider;
  let stack: Stack;
  const file = new KeyFile();
  const key = file.add('web', '*');
  file.write();
  beforeAll(async () => {
    provider = await OpenIdProvider.start();
    stack = await startWith(provider, { AUTH_MODE: 'api-key,jwt', AUTH_API_KEYS_FILE: file.path });
  });
  afterAll(async () => {
    await stack.close();
    await provider.pause();
    file.delete();
  });

  it('are both accepted', async () => {
    expect((await get(stack, await provider.token())).status).toBe(200);
    const { status, headers } = await stack.gateway.http.get(PATH).set('x-api-key', key);
    expect(status).toBe(200);
    expect(headers['vary']).toBe('X-API-Key, Authorization');
  });

  it('cause 401 for a wrong key even with a valid token', async () => {
    const { status } = await get(stack, await provider.token()).set('x-api-key', 'wrong');
    expect(status).toBe(401);
  });

  it('cause 401 without invalid_token for a wrong key, so that the client does not renew its token', async () => {
    const { status, headers } = await stack.gateway.http.get(PATH).set('x-api-key', 'wrong');
    expect(status).toBe(401);
    expect(headers['www-authenticate']).toBe(
      'ApiKey realm="outboundbot-gateway", header="X-API-Key", Bearer realm="outboundbot-gateway"',
    );
  });

  it('are both listed in WWW-Authenticate when a request has neither', async () => {
    const { headers } = await get(stack);
    expect(headers['www-authenticate']).toBe(
      'ApiKey realm="outboundbot-gateway", header="X-API-Key", Bearer realm="outboundbot-gateway"',
    );
  });
});
