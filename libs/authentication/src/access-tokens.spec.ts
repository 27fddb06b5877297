import { FakeClock } from '@app/resilience/testing';
import { createLocalJWKSet, exportJWK, generateKeyPair, type JWTVerifyGetKey, SignJWT } from 'jose';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { AccessTokens, type AccessTokensOptions } from './access-tokens.js';
import type { Verdict } from './caller.js';
import { KeysUnavailableError } from './provider-keys.js';

const OPTIONS: AccessTokensOptions = {
  issuer: 'https://issuer.example.com',
  audience: 'gateway',
  types: ['at+jwt'],
  scope: 'read',
  scopeClaim: undefined,
  instancesClaim: undefined,
};
type Claims = Record<string, unknown>;

const ALL_TYPES = { types: ['*'] };

/** The keys of a provider, as `ProviderKeys` has them, and how often a token was verified with them. */
class FixedKeys {
  current: object | undefined = {};
  verifications = 0;

  constructor(private readonly keySet: JWTVerifyGetKey) {}

  readonly find: JWTVerifyGetKey = (header, token) => {
    if (!this.current) throw new KeysUnavailableError();
    this.verifications += 1;
    return this.keySet(header, token);
  };

  renew(): Promise<boolean> {
    return Promise.resolve(false);
  }
}

describe('access tokens', () => {
  let privateKey: Awaited<ReturnType<typeof generateKeyPair>>['privateKey'];
  let keySet: JWTVerifyGetKey;
  let clock: FakeClock;
  let keys: FixedKeys;
  beforeAll(async () => {
    const pair = await generateKeyPair('ES256');
    ({ privateKey } = pair);
    keySet = createLocalJWKSet({ keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'a' }] });
  });
  beforeEach(() => {
    clock = new FakeClock();
    keys = new FixedKeys(keySet);
  });

  const now = (): number => Math.floor(clock.wallTime() / 1000);
  const signed = (claims: Claims = {}, header: Record<string, unknown> = {}): Promise<string> => {
    const { issuer: iss, audience: aud } = OPTIONS;
    const all = { iss, aud, sub: 'a', scope: 'read', exp: now() + 3600, ...claims };
    return new SignJWT(all)
      .setProtectedHeader({ alg: 'ES256', kid: 'a', typ: 'at+jwt', ...header })
      .sign(privateKey);
  };
  const tokensWith = (options: Partial<AccessTokensOptions> = {}): AccessTokens =>
    new AccessTokens({ ...OPTIONS, ...options }, keys, clock);
  const outcomeOf = (verdict: Verdict): string =>
    verdict.kind === 'rejected' ? verdict.reason : verdict.kind;
  const outcome = async (
    options: Partial<AccessTokensOptions>,
    claims: Claims,
    header: Record<string, unknown> = {},
  ): Promise<string> => outcomeOf(await tokensWith(options).verify(await signed(claims, header)));

  it.each([
    ['at+jwt', ['at+jwt'], 'accepted'],
    ['application/at+jwt', ['at+jwt'], 'accepted'],
    ['AT+JWT', ['application/at+jwt'], 'accepted'],
    ['JWT', ['at+jwt'], 'wrong-type'],
    ['JWT', ['at+jwt', 'jwt'], 'accepted'],
    ['text/jwt', ['jwt'], 'wrong-type'],
    [undefined, ['at+jwt', 'JWT'], 'wrong-type'],
    [undefined, ['*'], 'accepted'],
    ['dpop+jwt', ['*'], 'accepted'],
    ['*', ['at+jwt'], 'wrong-type'],
  ])('with the typ %s are, for the types %j, %s', async (typ, types, expected) => {
    expect(await outcome({ types }, {}, { typ })).toBe(expected);
  });

  it.each<[Claims, string]>([
    [{ scope: 'other read' }, 'accepted'],
    [{ scope: ['other', 'read'] }, 'accepted'],
    [{ scope: undefined, scp: 'other read' }, 'accepted'],
    [{ scope: undefined, scp: ['other', 'read'] }, 'accepted'],
    [{ scope: undefined, scp: 'readonly' }, 'insufficient-scope'],
    [{ scope: 'other', scp: 'read' }, 'insufficient-scope'],
    [{ scope: '', scp: 'read' }, 'insufficient-scope'],
    [{ scope: undefined, roles: ['read'] }, 'insufficient-scope'],
    [{ scope: ['read other'] }, 'insufficient-scope'],
    [{ scope: { read: true } }, 'insufficient-scope'],
    [{ scope: true }, 'insufficient-scope'],
  ])('with the claims %j are %s', async (claims, expected) => {
    expect(await outcome({}, claims)).toBe(expected);
  });

  it.each<[string, Claims, string]>([
    ['permissions', { scope: undefined, permissions: ['other', 'read'] }, 'accepted'],
    ['permissions', { scope: 'read', permissions: ['other'] }, 'insufficient-scope'],
    ['permissions', { scope: 'read', scp: 'read' }, 'insufficient-scope'],
    ['https://example.com/scope', { 'https://example.com/scope': 'read' }, 'accepted'],
    ['constructor', {}, 'insufficient-scope'],
    ['__proto__', {}, 'insufficient-scope'],
  ])('take the scopes from the claim %s: with %j they are %s', async (scopeClaim, claims, expected) => {
    expect(await outcome({ scopeClaim }, claims)).toBe(expected);
  });

  it.each<[Claims, string]>([
    [{ aud: ['other', 'gateway'] }, 'accepted'],
    [{ aud: undefined, client_id: 'gateway' }, 'accepted'],
    [{ aud: undefined, client_id: 'other' }, 'wrong-audience'],
    [{ aud: undefined, azp: 'gateway' }, 'wrong-audience'],
    [{ aud: 'other', client_id: 'gateway' }, 'wrong-audience'],
    [{ aud: [], client_id: 'gateway' }, 'wrong-audience'],
    [{ aud: 'gateway/' }, 'wrong-audience'],
  ])('for the audience of %j are %s', async (claims, expected) => {
    expect(await outcome(ALL_TYPES, claims)).toBe(expected);
  });

  it.each<[Claims, string | undefined]>([
    [{ sub: 's', client_id: 'c', azp: 'z' }, 'subject:s'],
    [{ sub: undefined, client_id: 'c', azp: 'z' }, 'subject:c'],
    [{ sub: undefined, azp: 'z' }, 'subject:z'],
    [{ sub: undefined }, undefined],
  ])('of %j have the caller %s', async (claims, id) => {
    expect(await tokensWith().verify(await signed(claims))).toMatchObject({ caller: { id } });
  });

  it('name the access of a caller by the patterns that can match an id, and by no other items', async () => {
    const tokens = tokensWith({ instancesClaim: 'instances' });
    const accessOf = async (instances: unknown): Promise<string> => {
      const verdict = await tokens.verify(await signed({ instances }));
      return 'caller' in verdict ? verdict.caller.accessName : 'none';
    };
    expect(await accessOf('a*  b a*')).toBe(await accessOf(['b', 'a*', 7, 'not an id', 'x'.repeat(65)]));
    expect(await accessOf(['a*'])).not.toBe(await accessOf(['a']));
    expect(await accessOf(['a', '*'])).toBe('*');
    expect(await accessOf('no:id')).toBe(await accessOf([]));
  });

  describe('that were accepted', () => {
    it('are accepted again at once and without another verification, with the same caller', async () => {
      const tokens = tokensWith();
      const token = await signed();
      const first = await tokens.verify(token);
      const again = tokens.verify(token);
      expect(again).not.toBeInstanceOf(Promise);
      expect(again).toStrictEqual(first);
      expect(keys.verifications).toBe(1);
    });

    it('are rejected from the second on in which jose would reject them', async () => {
      const tokens = tokensWith();
      const token = await signed({ exp: now() + 10 });
      await tokens.verify(token);
      clock.advance(69_999);
      expect(tokens.verify(token)).toMatchObject({ kind: 'accepted' });
      clock.advance(1);
      expect(outcomeOf(await tokens.verify(token))).toBe('expired');
      expect(outcomeOf(await tokensWith().verify(token))).toBe('expired');
    });

    it('are verified again when the keys have changed', async () => {
      const tokens = tokensWith();
      const token = await signed();
      await tokens.verify(token);
      keys.current = {};
      expect(outcomeOf(await tokens.verify(token))).toBe('accepted');
      expect(keys.verifications).toBe(2);
    });

    it('are not accepted while there are no usable keys', async () => {
      const tokens = tokensWith();
      const token = await signed();
      await tokens.verify(token);
      keys.current = undefined;
      expect(outcomeOf(await tokens.verify(token))).toBe('keys-unavailable');
    });

    it('do not make a token with another signature or other claims acceptable', async () => {
      const tokens = tokensWith();
      const token = await signed();
      await tokens.verify(token);
      const [head = '', payload = '', signature = ''] = token.split('.');
      const [, otherPayload = ''] = (await signed({ sub: 'root' })).split('.');
      const forged = [`${head}.${otherPayload}.${signature}`, `${head}.${payload}.${'A'.repeat(86)}`];
      for (const other of forged) expect(outcomeOf(await tokens.verify(other))).toBe('untrusted');
    });
  });

  it('that were not accepted are verified each time', async () => {
    const tokens = tokensWith();
    const rejected = await signed({ iss: 'https://evil.example.com' });
    const insufficient = await signed({ scope: 'other' });
    for (let n = 1; n <= 3; n += 1) {
      expect(outcomeOf(await tokens.verify(rejected))).toBe('wrong-issuer');
      expect(outcomeOf(await tokens.verify(insufficient))).toBe('insufficient-scope');
      expect(keys.verifications).toBe(2 * n);
    }
  });
});
