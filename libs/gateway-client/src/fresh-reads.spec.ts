import { describe, expect, it } from 'vitest';

import { createGatewayClient, type GatewayClientOptions } from './create-gateway-client.js';
import { FakeClock } from './test-support/fake-clock.js';
import { answer, hangUp, INSTANCE, ok, page, useScriptedServer } from './test-support/scripted-server.js';

const server = useScriptedServer();

const start = (options: Partial<GatewayClientOptions> = {}) =>
  createGatewayClient({ baseUrl: server.url, clock: new FakeClock(), ...options });

const sent = (header: string) => server.requests.map(({ headers }) => headers[header]);

describe('a fresh read', () => {
  it('sends Cache-Control: no-cache with every attempt', async () => {
    server.script = [hangUp, ok()];
    await start().getInstance('abc', { fresh: true });
    expect(sent('cache-control')).toStrictEqual(['no-cache', 'no-cache']);
  });

  it('can be a read of a list', async () => {
    server.script = [page([])];
    await start().listInstances({}, { fresh: true });
    expect(sent('cache-control')).toStrictEqual(['no-cache']);
  });

  it.each([100, 0])(
    'differs from an ordinary read, which lets the gateway answer from its cache (maxRemembered: %i)',
    async (maxRemembered) => {
      server.script = [ok(), answer(304), ok()];
      const client = start({ maxRemembered });
      await client.getInstance('abc');
      await client.getInstance('abc');
      expect(sent('cache-control')).not.toContain('no-cache');
    },
  );

  it('is conditional too, and a 304 answers it', async () => {
    server.script = [ok('"1"'), answer(304)];
    const client = start();
    await client.getInstance('abc');
    expect(await client.getInstance('abc', { fresh: true })).toStrictEqual(INSTANCE);
    expect(sent('if-none-match')).toStrictEqual([undefined, '"1"']);
  });
});
