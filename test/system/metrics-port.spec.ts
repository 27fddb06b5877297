import { once } from 'node:events';
import { createServer } from 'node:net';

import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import { KEY_VARIABLES } from '../support/gateway.js';
import { GATEWAY, startProgram } from '../support/programs.js';
import { freePort } from '../support/redis-server.js';

describe('the port of the metrics', () => {
  const taken = createServer();
  beforeAll(async () => {
    await once(
      taken.listen(9464, '127.0.0.1').on('error', () => taken.emit('listening')),
      'listening',
    );
  });
  afterAll(() => {
    taken.close();
  });
  const start = (variables: Record<string, string>) => {
    const program = startProgram([GATEWAY], {
      ...{ PORT: '0', OUTBOUNDBOT_ENDPOINT: '127.0.0.1:1', OUTBOUNDBOT_PROTOCOL: 'http' },
      ...KEY_VARIABLES,
      ...variables,
    });
    onTestFinished(() => program.kill());
    return program;
  };

  it('must be free if METRICS_PORT names it', async () => {
    const program = start({ METRICS_PORT: '9464' });
    expect(await program.ended).toBe(1);
    expect(program.output()).toContain('METRICS_PORT');
    expect(program.output()).toContain('EADDRINUSE');
  });

  it('may be taken if it is the default port: the gateway serves, and logs that metrics are missing', async () => {
    const program = start({ METRICS_PORT: '' });
    await program.says(/"msg":"ready"/);
    expect(program.output()).toContain('"msg":"no metrics: set METRICS_PORT to a free port"');
  });

  it('is opened on METRICS_HOST, and not on HOST, if they differ', async () => {
    const port = String(await freePort());
    const program = start({ METRICS_HOST: '::1', METRICS_PORT: port });
    await program.says(/"msg":"ready"/);
    expect((await fetch(`http://[::1]:${port}/metrics`)).status).toBe(200);
    await expect(fetch(`http://127.0.0.1:${port}/metrics`)).rejects.toThrow();
  });

  it('must be on an address of this machine', async () => {
    // An address for documentation (RFC 5737), which no machine has.
    const program = start({ METRICS_HOST: '192.0.2.1', METRICS_PORT: '' });
    expect(await program.ended).toBe(1);
    expect(program.output()).toContain('METRICS_HOST must be an address of this machine');
  });

  it('is not opened with METRICS_PORT=0', async () => {
    const program = start({ METRICS_PORT: '0' });
    await program.says(/"msg":"ready"/);
    expect(program.output()).not.toContain('metrics');
  });
});
