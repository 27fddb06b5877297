import { afterEach, expect, it, vi } from 'vitest';

import { loadSettings } from './load-settings.js';

afterEach(() => {
  vi.unstubAllEnvs();
});

it('reads the environment', async () => {
  vi.stubEnv('PORT', '4321');
  expect((await loadSettings()).server.port).toBe(4321);
});

it('refuses a wrong environment', async () => {
  vi.stubEnv('PORT', 'x');
  await expect(loadSettings()).rejects.toThrow('PORT must be');
});

it('warns of an address that Kubernetes has injected, if .env has no value', async () => {
  vi.stubEnv('METRICS_PORT', 'tcp://10.0.0.1:9464');
  const { server, warnings } = await loadSettings();
  expect(server.metrics).toStrictEqual({ host: '127.0.0.1', port: 9464, isDefault: true });
  expect(warnings).toMatchObject([{ setting: 'METRICS_PORT' }]);
});
