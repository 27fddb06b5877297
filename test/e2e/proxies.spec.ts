import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import { type Emulator, startEmulator } from '../../apps/outboundbot-emulator/src/start-emulator.js';
import { ConnectProxy } from '../support/connect-proxy.js';
import { SAMPLE_ID, startTestGateway, UNCACHED } from '../support/gateway.js';
import { AUDIENCE, OpenIdProvider } from '../support/openid-provider.js';
import { type Certificate, makeAuthority, makeCertificate, startTlsTerminator } from '../support/tls.js';
import { TraceCollector } from '../support/trace-collector.js';

const PATH = `/instances/${SAMPLE_ID}`;

async function startProxy(credentials?: string): Promise<ConnectProxy> {
  const proxy = await ConnectProxy.start(credentials);
  onTestFinished(() => {
    proxy.close();
  });
  return proxy;
}

async function startUpstream(): Promise<Emulator> {
  const emulator = await startEmulator();
  onTestFinished(() => emulator.close());
  return emulator;
}

async function startGateway(emulator: Emulator, variables: Record<string, string>) {
  const gateway = await startTestGateway({ OUTBOUNDBOT_ENDPOINT: emulator.endpoint, ...variables });
  onTestFinished(() => gateway.close());
  return gateway;
}

async function startTls(certificate: Certificate, { endpoint }: Emulator) {
  const tls = await startTlsTerminator(certificate, Number(endpoint.split(':')[1]));
  onTestFinished(() => {
    tls.close();
  });
  return tls;
}

describe('upstream calls behind a proxy', () => {
  it.each(['HTTP_PROXY', 'http_proxy'])('go through the proxy in %s and reuse their tunnel', async (name) => {
    const [proxy, emulator] = [await startProxy(), await startUpstream()];
    const gateway = await startGateway(emulator, { ...UNCACHED, [name]: `http://${proxy.host}` });
    for (let n = 0; n < 3; n += 1) await gateway.http.get(PATH).expect(200);
    expect(proxy.tunnels).toStrictEqual([emulator.endpoint]);
    expect(emulator.calls.count()).toBe(3);
  });

  it('send the credentials in HTTP_PROXY to the proxy, and the log has its host without the credentials', async () => {
    const [proxy, emulator] = [await startProxy('user:canary@1'), await startUpstream()];
    const gateway = await startGateway(emulator, { HTTP_PROXY: `http://user:canary%401@${proxy.host}` });
    await gateway.http.get(PATH).expect(200);
    expect(proxy.tunnels).toHaveLength(1);
    const lines = gateway.logLines.filter((line) => line.includes('proxy'));
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
      { level: 'info', msg: 'calls go through a proxy', proxies: { upstream: `http://${proxy.host}` } },
    ]);
    expect(gateway.logLines.join('')).not.toContain('canary');
  });

  it('do not go through the proxy when NO_PROXY lists the upstream, and then the log has no proxy line', async () => {
    const [proxy, emulator] = [await startProxy(), await startUpstream()];
    const gateway = await startGateway(emulator, { HTTP_PROXY: proxy.host, NO_PROXY: 'a.b, 127.0.0.0/8' });
    await gateway.http.get(PATH).expect(200);
    expect(proxy.tunnels).toStrictEqual([]);
    expect(gateway.logLines.join('')).not.toContain('proxy');
  });

  it('are resent at once when their reused tunnel was dead', async () => {
    const [proxy, emulator] = [await startProxy(), await startUpstream()];
    const gateway = await startGateway(emulator, { ...UNCACHED, HTTP_PROXY: proxy.host });
    await gateway.http.get(PATH).expect(200);
    emulator.faults.add({ kind: 'forget', afterMs: 0, times: 1 });
    await gateway.http.get(PATH).expect(200);
    expect(gateway.requestLog().at(-1)).toMatchObject({ upstream: [{ outcome: 'success', resent: true }] });
    expect(proxy.tunnels).toHaveLength(2);
  });

  it.each([
    ['requires other credentials', { credentials: 'other:one' }, 'the proxy answered 407'],
    ['answers CONNECT with 403', { refusal: 403 }, 'the proxy answered 403'],
    ['answers CONNECT with 502', { refusal: 502 }, 'the proxy answered 502'],
    ['never answers', { isSilent: true }, undefined],
  ])(
    'are answered 503 or 504, with the reason in the log, if the proxy %s',
    async (
      _,
      { credentials, ...behaviour }: { credentials?: string; refusal?: number; isSilent?: boolean },
      reason,
    ) => {
      const [proxy, emulator] = [await startProxy(credentials), await startUpstream()];
      Object.assign(proxy, behaviour);
      const gateway = await startGateway(emulator, {
        HTTP_PROXY: `http://user:canary@${proxy.host}`,
        UPSTREAM_DEADLINE_MS: '400',
        UPSTREAM_ATTEMPT_TIMEOUT_MS: '150',
      });
      const { status, text } = await gateway.http.get(PATH);
      expect(status).toBe(reason === undefined ? 504 : 503);
      const [line] = gateway.requestLog() as [{ upstream: { outcome: string; reason?: string }[] }];
      expect(line.upstream.at(-1)?.reason).toBe(reason);
      // A 4xx of the proxy is permanent, so the gateway does not retry it.
      if (reason !== undefined) expect(line.upstream).toHaveLength(reason.includes(' 4') ? 1 : 3);
      expect(text + gateway.logLines.join('')).not.toContain('canary');
      expect(emulator.calls.count()).toBe(0);
    },
  );

  it('are answered 503 after one connection per attempt if the proxy closes connections without an answer', async () => {
    const [proxy, emulator] = [await startProxy(), await startUpstream()];
    proxy.isAbrupt = true;
    const gateway = await startGateway(emulator, { HTTP_PROXY: proxy.host });
    await gateway.http.get(PATH).expect(503);
    expect(gateway.requestLog()).toMatchObject([{ upstream: Array(3).fill({ outcome: 'unavailable' }) }]);
    expect(proxy.connections).toBe(3);
  });

  it('are answered 503 if the proxy refuses connections', async () => {
    const gateway = await startGateway(await startUpstream(), { HTTP_PROXY: '127.0.0.1:1' });
    await gateway.http.get(PATH).expect(503);
    expect(gateway.requestLog()).toMatchObject([{ upstream: Array(3).fill({ reason: 'ECONNREFUSED' }) }]);
  });
});

describe('other calls behind a proxy', () => {
  it('for the keys of the token provider go through the proxy as well', async () => {
    const [proxy, emulator] = [await startProxy(), await startUpstream()];
    const provider = await OpenIdProvider.start();
    onTestFinished(() => provider.pause());
    const gateway = await startGateway(emulator, {
      HTTP_PROXY: proxy.host,
      NO_PROXY: emulator.endpoint,
      AUTH_MODE: 'jwt',
      AUTH_JWT_ISSUER: provider.issuer,
      AUTH_JWT_AUDIENCE: AUDIENCE,
    });
    await expect.poll(() => proxy.tunnels.length).toBeGreaterThanOrEqual(2);
    expect(new Set(proxy.tunnels)).toStrictEqual(new Set([new URL(provider.issuer).host]));
    expect(gateway.logLines.join('')).toContain(`"proxies":{"tokens":"http://${proxy.host}"}`);
    expect(gateway.logLines.join('')).not.toContain('token provider');
  });

  it('for the keys of the token provider time out if the proxy never answers', async () => {
    const [proxy, emulator] = [await startProxy(), await startUpstream()];
    proxy.isSilent = true;
    const gateway = await startGateway(emulator, {
      HTTP_PROXY: proxy.host,
      NO_PROXY: emulator.endpoint,
      AUTH_MODE: 'jwt',
      AUTH_JWT_ISSUER: 'http://localhost:1',
      AUTH_JWT_AUDIENCE: AUDIENCE,
    });
    const says = () => gateway.logLines.find((line) => line.includes('token provider'));
    await expect.poll(says, { timeout: 5000 }).toContain('"state":"down"');
  });

  it('for traces go through the proxy as well', async () => {
    const [proxy, emulator, collector] = [
      await startProxy('u:p'),
      await startUpstream(),
      await TraceCollector.start(),
    ];
    onTestFinished(() => {
      collector.close();
    });
    const gateway = await startGateway(emulator, {
      HTTP_PROXY: `http://u:p@${proxy.host}`,
      NO_PROXY: emulator.endpoint,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
    });
    await gateway.http.get(PATH).expect(200);
    await expect.poll(() => collector.spans.length, { timeout: 5000 }).toBeGreaterThanOrEqual(2);
    expect(new Set(proxy.tunnels)).toStrictEqual(new Set([new URL(collector.endpoint).host]));
    expect(gateway.logLines.join('')).toContain(`"proxies":{"traces":"http://${proxy.host}"}`);
  });
});

describe('upstream calls over TLS', () => {
  let authority: Certificate;
  beforeAll(async () => {
    authority = await makeAuthority();
  });

  it.each([
    [
      'a self-signed certificate',
      () => makeCertificate(['localhost']),
      /^DEPTH_ZERO_SELF_SIGNED_CERT: .*NODE_EXTRA_CA_CERTS/,
    ],
    [
      'a certificate of an unknown authority',
      () => makeCertificate(['localhost'], { authority }),
      /^UNABLE_TO_VERIFY_LEAF_SIGNATURE: .*NODE_EXTRA_CA_CERTS/,
    ],
    [
      'an expired certificate',
      () => makeCertificate(['localhost'], { days: -1 }),
      /^(CERT_HAS_EXPIRED: .*clock|DEPTH_ZERO_SELF_SIGNED_CERT)/,
    ],
  ])('are answered 503 without a retry for %s, and the log says what to do', async (_, make, code) => {
    const emulator = await startUpstream();
    const tls = await startTls(await make(), emulator);
    const gateway = await startGateway(emulator, {
      OUTBOUNDBOT_PROTOCOL: 'https',
      OUTBOUNDBOT_ENDPOINT: `localhost:${tls.port}`,
    });
    const { body } = await gateway.http.get(PATH).expect(503);
    expect(body).toMatchObject({ code: 'upstream-unavailable', upstream: { attempts: 1 } });
    const [line] = gateway.requestLog() as [{ upstream: { reason: string }[] }];
    expect(line.upstream[0]?.reason).toMatch(code);
    expect(tls.connections()).toBe(1);
    expect(emulator.calls.count()).toBe(0);
  });

  it('hold at most UPSTREAM_MAX_CONCURRENCY connections when the handshake never ends, and none after the attempts', async () => {
    const sockets = new Set<Socket>();
    let most = 0;
    const mute = createServer((socket) => {
      sockets.add(socket);
      const closed = (): void => void sockets.delete(socket);
      socket
        .on('error', () => undefined)
        .once('end', closed)
        .once('close', closed);
      socket.resume();
      // Node may read the end of the replaced connection only after it has accepted the new one, so count later.
      setImmediate(() => (most = Math.max(most, sockets.size)));
    });
    await once(mute.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => void mute.close());
    const { port } = mute.address() as AddressInfo;
    const gateway = await startTestGateway({
      ...UNCACHED,
      OUTBOUNDBOT_PROTOCOL: 'https',
      OUTBOUNDBOT_ENDPOINT: `127.0.0.1:${port}`,
      UPSTREAM_MAX_CONCURRENCY: '4',
      UPSTREAM_ATTEMPT_TIMEOUT_MS: '60',
      UPSTREAM_DEADLINE_MS: '200',
    });
    onTestFinished(() => gateway.close());
    const ids = Array.from({ length: 30 }, (_, n) => `/instances/id-${n}`);
    const answers = await Promise.all(ids.map((path) => fetch(`${gateway.url}${path}`)));
    for (const { status } of answers) expect([503, 504]).toContain(status);
    expect(most).toBeLessThanOrEqual(4);
    expect(most).toBeGreaterThan(0);
    await expect.poll(() => sockets.size).toBe(0);
  });

  it('are answered 503 without a retry when the upstream does not speak TLS', async () => {
    const emulator = await startUpstream();
    const gateway = await startGateway(emulator, { OUTBOUNDBOT_PROTOCOL: 'https' });
    await gateway.http.get(PATH).expect(503);
    expect(gateway.requestLog()).toMatchObject([
      { upstream: [{ reason: expect.stringMatching(/^(ERR_SSL_|EPROTO)/) as string }] },
    ]);
  });
});
