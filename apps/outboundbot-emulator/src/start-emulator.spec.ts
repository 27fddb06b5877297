import { networkInterfaces } from 'node:os';

import { describe, expect, it } from 'vitest';

import { startEmulator } from './start-emulator.js';
import { sendV3 } from './testing/signed-request.js';

describe('startEmulator', () => {
  it('listens on a free port, so that several emulators can run at once', async () => {
    const emulators = await Promise.all([startEmulator(), startEmulator()]);
    const endpoints = emulators.map(({ endpoint }) => endpoint);
    expect(new Set(endpoints).size).toBe(2);
    expect(emulators[0].url).toBe(`http://${emulators[0].endpoint}`);
    await Promise.all(emulators.map((emulator) => emulator.close()));
  });

  it('rejects with EADDRINUSE when the port is in use', async () => {
    const first = await startEmulator();
    const port = Number(new URL(first.url).port);
    await expect(startEmulator({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await first.close();
  });

  const hasIpv6 = Object.values(networkInterfaces()).some((all) =>
    all?.some(({ address }) => address === '::1'),
  );
  it.skipIf(!hasIpv6)('writes an IPv6 host in brackets', async () => {
    const emulator = await startEmulator({ host: '::1' });
    expect(emulator.endpoint).toMatch(/^\[::1\]:\d+$/);
    await emulator.close();
  });

  it('accepts only its own key pair and serves only the instances that it was given', async () => {
    const instances = [{ InstanceId: 'mine' }];
    const emulator = await startEmulator({ accessKeyId: 'id', accessKeySecret: 'secret', instances });
    instances[0]!.InstanceId = 'changed';
    emulator.reset();
    const call = { endpoint: emulator.endpoint, accessKeyId: 'id', accessKeySecret: 'secret' };
    expect((await sendV3({ ...call, query: [['InstanceId', 'mine']] })).status).toBe(200);
    expect((await sendV3(call)).status).toBe(404);
    expect((await sendV3({ endpoint: emulator.endpoint })).body).toContain('InvalidAccessKeyId.NotFound');
    await emulator.close();
  });
});
