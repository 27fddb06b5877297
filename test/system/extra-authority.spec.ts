import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import { startEmulator } from '../../apps/outboundbot-emulator/src/start-emulator.js';
import { ConnectProxy } from '../support/connect-proxy.js';
import { KEY_VARIABLES, SAMPLE_ID } from '../support/gateway.js';
import { GATEWAY, startProgram } from '../support/programs.js';
import { type Certificate, makeAuthority, makeCertificate, startTlsTerminator } from '../support/tls.js';

const PATH = `/instances/${SAMPLE_ID}`;

async function startProxy(): Promise<ConnectProxy> {
  const proxy = await ConnectProxy.start();
  onTestFinished(() => {
    proxy.close();
  });
  return proxy;
}

describe('with an authority that NODE_EXTRA_CA_CERTS names', () => {
  let authority: Certificate;
  beforeAll(async () => {
    authority = await makeAuthority();
  });

  async function run(names: string[], variables: Record<string, string> = {}) {
    const emulator = await startEmulator();
    const certificate = await makeCertificate(names, { authority });
    const tls = await startTlsTerminator(certificate, Number(emulator.endpoint.split(':')[1]));
    const folder = mkdtempSync(join(tmpdir(), 'ca-'));
    writeFileSync(join(folder, 'ca.pem'), authority.cert);
    const program = startProgram([GATEWAY], {
      PORT: '0',
      OUTBOUNDBOT_ENDPOINT: `localhost:${tls.port}`,
      NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem'),
      SHUTDOWN_DRAIN_MS: '0',
      UPSTREAM_KEEP_ALIVE_MS: '60000',
      CACHE_FRESH_MS: '0',
      CACHE_STALE_WHILE_REVALIDATE_MS: '0',
      ...KEY_VARIABLES,
      ...variables,
    });
    onTestFinished(async () => {
      await program.kill();
      tls.close();
      await emulator.close();
      rmSync(folder, { recursive: true });
    });
    const [, url = ''] = await program.says(/"url":"(http:[^"]+)","msg":"ready"/);
    return { emulator, tls, program, ask: () => fetch(`${url}${PATH}`) };
  }

  it('calls succeed on kept connections, even after the upstream has dropped a connection', async () => {
    const { ask, emulator, program } = await run(['localhost']);
    expect((await ask()).status).toBe(200);
    emulator.faults.add({ kind: 'forget', afterMs: 0, times: 1 });
    expect((await ask()).status).toBe(200);
    await program.says(/"resent":true/);
    expect(emulator.calls.count()).toBe(2);
  });

  it('calls are answered 503 without a retry if the certificate is for another host', async () => {
    const { ask, tls, program } = await run(['example.com']);
    expect((await ask()).status).toBe(503);
    await program.says(/"reason":"ERR_TLS_CERT_ALTNAME_INVALID/);
    expect(tls.connections()).toBe(1);
  });

  it('calls through a proxy succeed, and the proxy sees only the host', async () => {
    const proxy = await startProxy();
    const { ask, tls, program } = await run(['localhost'], { HTTPS_PROXY: `http://${proxy.host}` });
    expect((await ask()).status).toBe(200);
    expect((await ask()).status).toBe(200);
    expect(proxy.tunnels).toStrictEqual([`localhost:${tls.port}`]);
    await program.says(/calls go through a proxy/);
  });

  it('calls through a proxy are answered 503 without a retry if the certificate is for another host', async () => {
    const proxy = await startProxy();
    const { ask, program } = await run(['example.com'], { HTTPS_PROXY: `http://${proxy.host}` });
    expect((await ask()).status).toBe(503);
    await program.says(/"reason":"ERR_TLS_CERT_ALTNAME_INVALID/);
    expect(proxy.tunnels).toHaveLength(1);
  });
});
