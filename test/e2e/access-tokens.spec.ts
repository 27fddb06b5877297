import { createHmac, createPrivateKey, sign } from 'node:crypto';

import { base64url, exportSPKI, generateKeyPair, importJWK, type JWTPayload, SignJWT } from 'jose';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { KeyFile } from '../support/api-keys.js';
import { SAMPLE_ID, startStack } from '../support/gateway.js';
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

describe('access tokens of a real OpenID provider', () => {
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
    sub: 'somebody',
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

  it('let in who has one', async () => {
    const { status, headers, body } = await get(stack, await provider.token());
    expect(status).toBe(200);
    expect(body).toMatchObject({ instanceId: SAMPLE_ID });
    expect(headers['cache-control']).toMatch(/^private, /);
    expect(headers['vary']).toBe('Authorization');
  });

  it.each(['bearer', 'BEARER', 'Bearer  '])('take the scheme as "%s"', async (scheme) => {
    const token = await provider.token();
    const { status } = await stack.gateway.http.get(PATH).set('authorization', `${scheme} ${token}`);
    expect(status).toBe(200);
  });

  it('may be within a minute of their time, as clocks differ', async () => {
    expect((await get(stack, await signed({ exp: now() - 50 }))).status).toBe(200);
    expect((await get(stack, await signed({ nbf: now() + 50 }))).status).toBe(200);
  });

  it('may be for several audiences, and name their type in full', async () => {
    const token = await signed(
      { aud: ['https://other.example.com', AUDIENCE] },
      { typ: 'application/at+JWT' },
    );
    expect((await get(stack, token)).status).toBe(200);
  });

  it('need not name their key', async () => {
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
    ['alg none in another case', () => unsigned({ alg: 'nOnE', typ: 'at+jwt', kid: 'first' })],
    [
      'HS256 with the public key as the secret',
      async () => {
        const head = unsigned({ alg: 'HS256', typ: 'at+jwt', kid: 'first' }).slice(0, -1);
        return `${head}.${createHmac('sha256', await asPem())
          .update(head)
          .digest('base64url')}`;
      },
    ],
    ['another key under the same name', async () => signed({}, {}, await makeKey('first'))],
    ['another key without a name', async () => signed({}, { kid: undefined }, await makeKey('x'))],
    ['a key that nobody knows', async () => signed({}, {}, await makeKey('unknown'))],
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
      'an extension that nobody knows',
      () => {
        const head = unsigned({ alg: 'RS256', typ: 'at+jwt', kid: 'first', crit: ['x'], x: 1 }).slice(0, -1);
        const key = createPrivateKey({ key: provider.key.jwk, format: 'jwk' });
        return `${head}.${sign('sha256', Buffer.from(head), key).toString('base64url')}`;
      },
    ],
    ['another issuer', () => signed({ iss: 'https://evil.example.com' }), 'another issuer'],
    ['an issuer that only begins like ours', () => signed({ iss: `${provider.issuer}/` }), 'another issuer'],
    ['no issuer', () => signed({ iss: undefined }), 'another issuer'],
    ['another audience', () => signed({ aud: 'https://other.example.com' }), 'another audience'],
    ['no audience', () => signed({ aud: undefined }), 'another audience'],
    ['an expired one', () => signed({ exp: now() - 61 }), 'expired'],
    ['one that is not yet valid', () => signed({ nbf: now() + 90 }), 'not valid yet'],
    ['one without exp', () => signed({ exp: undefined })],
    ['one whose exp is text', () => signed({ exp: '9999999999' })],
    ['the type of an ID token', () => signed({}, { typ: 'JWT' })],
    ['no type', () => signed({}, { typ: undefined })],
    [
      'a changed payload',
      async () => {
        const [head, , signature] = (await signed()).split('.');
        return `${head!}.${base64url.encode(JSON.stringify({ ...claims(), sub: 'root' }))}.${signature!}`;
      },
    ],
    ['a cut signature', async () => (await signed()).slice(0, -10)],
    ['no JWT', () => 'abc'],
    ['empty parts', () => '..'],
    ['JSON that is no object', () => `${base64url.encode('1')}.${base64url.encode('1')}.AA`],
  ];

  it.each(forgeries)('are refused with %s, and no upstream call', async (_, forge, reason) => {
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
    'are missing from "Authorization: %s", which no error is (RFC 6750, section 3.1)',
    async (authorization) => {
      const { status, headers } = await stack.gateway.http.get(PATH).set({ authorization });
      expect(status).toBe(401);
      expect(headers['www-authenticate']).toBe('Bearer realm="outboundbot-gateway"');
    },
  );

  it('are not taken from the query', async () => {
    expect((await get(stack, undefined, `${PATH}?access_token=${await provider.token()}`)).status).toBe(401);
  });

  it.each(['something:else', ''])('without our scope are good for nothing: "%s"', async (scope) => {
    const { status, headers, body } = await get(stack, await signed({ scope }));
    expect(status).toBe(403);
    expect(headers['www-authenticate']).toBe(
      'Bearer realm="outboundbot-gateway", error="insufficient_scope", scope="instances:read"',
    );
    expect(body).toMatchObject({ code: 'forbidden', detail: expect.stringContaining('instances:read') });
    expect(stack.emulator.calls.count()).toBe(0);
  });

  it('with a scope that only contains ours are good for nothing', async () => {
    expect((await get(stack, await signed({ scope: 'instances:readonly' }))).status).toBe(403);
    expect((await get(stack, await signed({ scope: 'a instances:read b' }))).status).toBe(200);
  });

  it('show in the log by their subject, and nothing else of them', async () => {
    const token = await signed({ sub: 'somebody-42', canary: 'canary' });
    await get(stack, token).set('x-request-id', 'with-token');
    await expect
      .poll(() => stack.gateway.requestLog().find(({ requestId }) => requestId === 'with-token'))
      .toMatchObject({ caller: 'subject:somebody-42' });
    const log = stack.gateway.logLines.join('');
    for (const part of token.split('.')) expect(log).not.toContain(part);
    expect(log).not.toContain('canary');
  });
});

describe('the claim that lists instances', () => {
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

  it('lets the ids be read that it names, and no other, not from memory either', async () => {
    const everything = await provider.token('instances:read', '*');
    const other = await provider.token('instances:read', `${OTHER_ID} more`);
    const { headers } = await get(stack, everything);
    expect((await get(stack, other)).status).toBe(403);
    expect((await get(stack, other).set('if-none-match', headers['etag']!)).status).toBe(403);
    expect((await get(stack, other, `/instances/${OTHER_ID}`)).status).toBe(200);
  });

  it.each([
    ['a list', [SAMPLE_ID], 200],
    ['a list with a star', ['x', '*'], 200],
    ['one id', SAMPLE_ID, 200],
    ['ids with spaces between', `a ${SAMPLE_ID}`, 200],
    ['an empty list', [], 403],
    ['a pattern, which is none here', ['9*'], 403],
    ['an object', { [SAMPLE_ID]: true }, 403],
    ['a list of lists', [[SAMPLE_ID]], 403],
    ['true', true, 403],
    ['nothing', undefined, 403],
  ])('may be %s', async (_, instances, status) => {
    const now = Math.floor(Date.now() / 1000);
    const token = await key.sign(
      { typ: 'at+jwt' },
      { iss: provider.issuer, aud: AUDIENCE, exp: now + 60, scope: 'instances:read', instances },
    );
    expect((await get(stack, token)).status).toBe(status);
  });

  it.each(['constructor', '__proto__', 'toString'])('is not found where there is none: %s', async (claim) => {
    const other = await startWith(provider, { AUTH_JWT_INSTANCES_CLAIM: claim });
    expect((await get(other, await provider.token())).status).toBe(403);
    await other.close();
  });
});

describe('the keys of the provider', () => {
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

  it('are asked for again when a token names a new one', async () => {
    const stack = await startWith(provider);
    expect((await get(stack, await provider.token())).status).toBe(200);
    const old = await provider.token();
    await provider.rotate('second');
    expect((await get(stack, await provider.token())).status).toBe(200);
    expect((await get(stack, old)).status).toBe(401);
    expect(provider.keyRequests).toBe(2);
    await stack.close();
  });

  it('are asked for again when a token that names none is signed by a new one', async () => {
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

  it('go on counting while the provider is down', async () => {
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

  it('are waited for by a gateway that starts before its provider, which no caller is blamed for', async () => {
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

  it('may be at an address of their own, whatever the issuer is called', async () => {
    const stack = await startWith(provider, {
      AUTH_JWT_ISSUER: 'somebody',
      AUTH_JWT_JWKS_URL: `${provider.issuer}/jwks`,
    });
    const exp = Math.floor(Date.now() / 1000) + 60;
    const token = await provider.key.sign(
      { typ: 'at+jwt' },
      { iss: 'somebody', aud: AUDIENCE, exp, scope: 'instances:read' },
    );
    expect((await get(stack, token)).status).toBe(200);
    expect((await get(stack, await provider.token())).status).toBe(401);
    await stack.close();
  });

  it('are not taken from the metadata of another issuer', async () => {
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

  it('are both taken', async () => {
    expect((await get(stack, await provider.token())).status).toBe(200);
    const { status, headers } = await stack.gateway.http.get(PATH).set('x-api-key', key);
    expect(status).toBe(200);
    expect(headers['vary']).toBe('X-API-Key, Authorization');
  });

  it('give no second guess to who sends a wrong key with a good token', async () => {
    const { status } = await get(stack, await provider.token()).set('x-api-key', 'wrong');
    expect(status).toBe(401);
  });

  it('do not have a token renewed for a wrong key', async () => {
    const { status, headers } = await stack.gateway.http.get(PATH).set('x-api-key', 'wrong');
    expect(status).toBe(401);
    expect(headers['www-authenticate']).toBe(
      'ApiKey realm="outboundbot-gateway", header="X-API-Key", Bearer realm="outboundbot-gateway"',
    );
  });

  it('are both asked for when neither is there', async () => {
    const { headers } = await get(stack);
    expect(headers['www-authenticate']).toBe(
      'ApiKey realm="outboundbot-gateway", header="X-API-Key", Bearer realm="outboundbot-gateway"',
    );
  });
});
