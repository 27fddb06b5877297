import { describe, expect, it } from 'vitest';

import { CredentialSource, CredentialsUnavailableError, providerFor } from './credential-source.js';
import type { CredentialsProvider } from './sdk.js';

const KEY = { accessKeyId: 'id', accessKeySecret: 'secret' };

/** A provider whose fetches are counted and answered by hand. */
class ManualProvider implements CredentialsProvider {
  readonly fetches: PromiseWithResolvers<Awaited<ReturnType<CredentialsProvider['getCredentials']>>>[] = [];
  getProviderName = (): string => 'manual';
  getCredentials = () => {
    const fetch = withResolvers<Awaited<ReturnType<CredentialsProvider['getCredentials']>>>();
    this.fetches.push(fetch);
    return fetch.promise;
  };
}

interface PromiseWithResolvers<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (reason: unknown) => void;
}

/** `Promise.withResolvers`, which Node 20 does not have. */
function withResolvers<T>(): PromiseWithResolvers<T> {
  let settle!: Omit<PromiseWithResolvers<T>, 'promise'>;
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject };
  });
  return { promise, ...settle };
}

const credentials = { ...KEY, securityToken: '', providerName: 'manual' };

describe('CredentialSource', () => {
  it('fetches once for all callers at the same time', async () => {
    const provider = new ManualProvider();
    const source = new CredentialSource(() => provider);
    const asked = Array.from({ length: 50 }, () => source.get());
    expect(provider.fetches).toHaveLength(1);
    provider.fetches[0]?.resolve(credentials);
    expect(await Promise.all(asked)).toStrictEqual(Array(50).fill(credentials));
  });

  it('asks the provider again for the next call, so that it can refresh', async () => {
    const provider = new ManualProvider();
    const source = new CredentialSource(() => provider);
    void source.get();
    provider.fetches[0]?.resolve(credentials);
    await source.get();
    void source.get();
    expect(provider.fetches).toHaveLength(2);
  });

  it('fails all waiting callers with a message that quotes nothing, and starts over with a new provider', async () => {
    const built: ManualProvider[] = [];
    const source = new CredentialSource(() => {
      const provider = new ManualProvider();
      built.push(provider);
      return provider;
    });
    const asked = [source.get(), source.get()];
    built[0]?.fetches[0]?.reject(new Error('got {"AccessKeySecret":"canary"}'));
    for (const { status, reason } of (await Promise.allSettled(asked)) as PromiseRejectedResult[]) {
      expect(status).toBe('rejected');
      expect(reason).toBeInstanceOf(CredentialsUnavailableError);
      expect(String(reason)).not.toContain('canary');
    }
    const next = source.get();
    built[1]?.fetches[0]?.resolve(credentials);
    expect(await next).toBe(credentials);
  });

  it('reports credentials that differ from the last ones, and a provider that gives none', async () => {
    const outcomes: string[] = [];
    const built: ManualProvider[] = [];
    const source = new CredentialSource(
      () => {
        const provider = new ManualProvider();
        built.push(provider);
        return provider;
      },
      (outcome) => outcomes.push(outcome),
    );
    const get = async (answer: typeof credentials) => {
      const asked = source.get();
      built.at(-1)?.fetches.at(-1)?.resolve(answer);
      await asked;
    };
    await get(credentials);
    await get({ ...credentials });
    expect(outcomes).toStrictEqual([]);
    await get({ ...credentials, securityToken: 'next' });
    expect(outcomes).toStrictEqual(['ok']);
    const failing = source.get();
    built[0]?.fetches.at(-1)?.reject(new Error('down'));
    await expect(failing).rejects.toThrow(CredentialsUnavailableError);
    expect(outcomes).toStrictEqual(['ok', 'error']);
    await get({ ...credentials, accessKeyId: 'other' });
    expect(outcomes).toStrictEqual(['ok', 'error', 'ok']);
  });

  it('builds a new provider when told to renew', () => {
    let built = 0;
    const source = new CredentialSource(() => {
      built += 1;
      return new ManualProvider();
    });
    source.renew();
    expect(built).toBe(2);
  });
});

describe('providerFor', () => {
  it('gives a fixed key as it is', async () => {
    expect(await providerFor(KEY).getCredentials()).toMatchObject({ ...KEY, providerName: 'static_ak' });
  });

  it('gives a temporary key with its token', async () => {
    const key = { ...KEY, securityToken: 'token' };
    expect(await providerFor(key).getCredentials()).toMatchObject({ ...key, providerName: 'static_sts' });
  });

  it("falls back to the SDK's default chain", () => {
    expect(providerFor(undefined).getProviderName()).toBe('default');
  });
});
