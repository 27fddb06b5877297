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
