import { describeInstance, OutboundBotClient, type OutboundBotClientOptions } from '@app/outboundbot-client';
import { describe, expect, it, onTestFinished, vi } from 'vitest';

import {
  defaultKeyPair,
  type Emulator,
  startEmulator,
} from '../../apps/outboundbot-emulator/src/start-emulator.js';
import { SAMPLE_ID, useEmulator } from '../support/gateway.js';

function clientOf(
  emulator: Pick<Emulator, 'endpoint'>,
  options: Partial<OutboundBotClientOptions> = {},
): OutboundBotClient {
  return new OutboundBotClient({
    endpoint: emulator.endpoint,
    protocol: 'http',
    accessKey: defaultKeyPair,
    maxResponseBytes: 1_048_576,
    ...options,
  });
}

describe('OutboundBotClient', () => {
  const upstream = useEmulator();

  it('signs calls with any characters in the id so that the upstream accepts them', async () => {
    for (const id of [SAMPLE_ID, "it's (all) *fine*!", 'a b+c&d=e/f~g', '實例', '\u{1F600}', '']) {
      await clientOf(upstream.emulator).call(describeInstance, { instanceId: id }, { timeoutMs: 2000 });
      expect(upstream.emulator.calls.list().at(-1)?.instanceId ?? '').toBe(id);
    }
    expect(
      (
        await clientOf(upstream.emulator).call(
          describeInstance,
          { instanceId: "it's (all) *fine*!" },
          { timeoutMs: 2000 },
        )
      ).kind,
    ).toBe('not-found');
  });

  it('reports refused for a wrong secret, an unknown key or a wrong clock', async () => {
    const ask = (client: OutboundBotClient) =>
      client.call(describeInstance, { instanceId: SAMPLE_ID }, { timeoutMs: 2000 });
    expect(
      await ask(clientOf(upstream.emulator, { accessKey: { ...defaultKeyPair, accessKeySecret: 'wrong' } })),
    ).toMatchObject({
      kind: 'refused',
      code: 'SignatureDoesNotMatch',
    });
    expect(
      await ask(clientOf(upstream.emulator, { accessKey: { ...defaultKeyPair, accessKeyId: 'unknown' } })),
    ).toMatchObject({
      kind: 'refused',
      code: 'InvalidAccessKeyId.NotFound',
    });
    const later = await startEmulator({ now: () => Date.now() + 16 * 60_000 });
    onTestFinished(() => later.close());
    expect(await ask(clientOf(later))).toMatchObject({ kind: 'refused', code: 'InvalidTimeStamp.Expired' });
  });

  it('sends the security token of a temporary key', async () => {
    const sts = await startEmulator({ securityToken: 'token' });
    onTestFinished(() => sts.close());
    const ask = (client: OutboundBotClient) =>
      client.call(describeInstance, { instanceId: SAMPLE_ID }, { timeoutMs: 2000 });
    expect(
      (await ask(clientOf(sts, { accessKey: { ...defaultKeyPair, securityToken: 'token' } }))).kind,
    ).toBe('success');
    expect(await ask(clientOf(sts))).toMatchObject({ kind: 'refused', retry: 'once' });
  });

  it("uses the SDK's default chain without a configured key, and fetches the key again after a refusal", async () => {
    vi.stubEnv('ALIBABA_CLOUD_ECS_METADATA_DISABLED', 'true');
    vi.stubEnv('HOME', '/nonexistent');
    vi.stubEnv('ALIBABA_CLOUD_ACCESS_KEY_ID', defaultKeyPair.accessKeyId);
    vi.stubEnv('ALIBABA_CLOUD_ACCESS_KEY_SECRET', defaultKeyPair.accessKeySecret);
    vi.stubEnv('ALIBABA_CLOUD_SECURITY_TOKEN', 'first');
    onTestFinished(() => void vi.unstubAllEnvs());
    const sts = await startEmulator({ securityToken: 'second' });
    onTestFinished(() => sts.close());
    const client = clientOf(sts, { accessKey: undefined });
    await client.warmUp();
    expect(await client.call(describeInstance, { instanceId: SAMPLE_ID }, { timeoutMs: 2000 })).toMatchObject(
      { kind: 'refused' },
    );
    vi.stubEnv('ALIBABA_CLOUD_SECURITY_TOKEN', 'second');
    expect((await client.call(describeInstance, { instanceId: SAMPLE_ID }, { timeoutMs: 2000 })).kind).toBe(
      'success',
    );
  });

  it('reports refused without a call when there are no credentials', async () => {
    vi.stubEnv('ALIBABA_CLOUD_ECS_METADATA_DISABLED', 'true');
    vi.stubEnv('HOME', '/nonexistent');
    onTestFinished(() => void vi.unstubAllEnvs());
    const client = clientOf(upstream.emulator, { accessKey: undefined });
    await expect(client.warmUp()).rejects.toThrow('No Alibaba Cloud credentials');
    expect(await client.call(describeInstance, { instanceId: SAMPLE_ID }, { timeoutMs: 2000 })).toMatchObject(
      {
        kind: 'refused',
        reason: 'no credentials',
      },
    );
    expect(upstream.emulator.calls.count()).toBe(0);
  });

  it('throws a TypeError for an invalid endpoint instead of reporting an outcome', async () => {
    const client = clientOf({ endpoint: 'not a\nhost' });
    await expect(
      client.call(describeInstance, { instanceId: SAMPLE_ID }, { timeoutMs: 2000 }),
    ).rejects.toThrow(TypeError);
  });

  it('clears the timeout of every call, which would keep the call in memory', async () => {
    const setTimer = vi.spyOn(globalThis, 'setTimeout');
    const clearTimer = vi.spyOn(globalThis, 'clearTimeout');
    onTestFinished(() => {
      setTimer.mockRestore();
      clearTimer.mockRestore();
    });
    const client = clientOf(upstream.emulator);
    for (let n = 0; n < 3; n += 1)
      await client.call(describeInstance, { instanceId: SAMPLE_ID }, { timeoutMs: 23_000 });
    const started = setTimer.mock.results.filter((_, n) => (setTimer.mock.calls[n]?.[1] ?? 0) >= 23_000);
    expect(started).toHaveLength(3);
    const cleared = clearTimer.mock.calls.map(([timer]) => timer);
    for (const { value } of started) expect(cleared).toContain(value);
  });
});
