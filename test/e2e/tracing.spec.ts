import { once } from 'node:events';
import { createServer } from 'node:net';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { KEY_VARIABLES, SAMPLE_ID, startStack, UNCACHED, useStack } from '../support/gateway.js';
import { type CollectedSpan, TraceCollector } from '../support/trace-collector.js';

const PATH = `/instances/${SAMPLE_ID}`;
const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const PARENT_ID = 'b7ad6b7169203331';
const TRACEPARENT = `00-${TRACE_ID}-${PARENT_ID}-01`;
const SERVER = 2;
const CLIENT = 3;
const ERROR = 2;
type Stack = Awaited<ReturnType<typeof startStack>>;

describe('with a collector', () => {
  let collector: TraceCollector;
  let stack: Stack;
  beforeAll(async () => {
    collector = await TraceCollector.start();
  });
  beforeEach(async () => {
    collector.spans.length = 0;
    collector.status = 200;
    stack = await startStack({
      ...UNCACHED,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
    });
  });
  afterEach(() => stack.close());
  afterAll(() => {
    collector.close();
  });
  /** At its end the gateway exports what it would else export within a second. */
  const spans = async (count: number, traceId?: string): Promise<CollectedSpan[]> => {
    await stack.gateway.close();
    const ofTrace = () => collector.spans.filter((span) => traceId === undefined || span.traceId === traceId);
    await expect.poll(() => ofTrace().length, { timeout: 5000 }).toBeGreaterThanOrEqual(count);
    expect(ofTrace()).toHaveLength(count);
    return ofTrace();
  };

  it("the caller's trace has a span for the request, and one for each attempt within", async () => {
    stack.emulator.faults.add({ kind: 'error', code: 'InternalError', times: 2 });
    const { status, headers } = await stack.gateway.http
      .get(`${PATH}?canary=query`)
      .set('traceparent', TRACEPARENT)
      .set('authorization', 'Bearer canary');
    expect(status).toBe(200);

    const [server, ...attempts] = (await spans(4, TRACE_ID)).sort((a, b) => a.kind - b.kind);
    expect(server).toMatchObject({
      kind: SERVER,
      name: 'GET /instances/:id',
      parentSpanId: PARENT_ID,
      resource: { 'service.name': 'outboundbot-gateway' },
      attributes: {
        'http.request.method': 'GET',
        'http.route': '/instances/:id',
        'url.path': PATH,
        'http.response.status_code': 200,
        'outboundbot_gateway.request_id': headers['x-request-id'],
        'outboundbot_gateway.cache': 'outboundbot-gateway; fwd=miss',
      },
    });
    expect(server!.status.code).not.toBe(ERROR);
    attempts.sort(
      (a, b) => Number(a.attributes['outboundbot.attempt']) - Number(b.attributes['outboundbot.attempt']),
    );
    expect(attempts).toMatchObject([
      failed(1, 'InternalError'),
      failed(2, 'InternalError'),
      {
        kind: CLIENT,
        name: 'DescribeInstance',
        attributes: { 'outboundbot.attempt': 3, 'outboundbot.outcome': 'success' },
      },
    ]);
    for (const attempt of attempts) {
      expect(attempt.parentSpanId).toBe(server!.spanId);
      expect(attempt.attributes['outboundbot.request_id']).toMatch(/^[0-9A-F-]{36}$/);
    }
    const secrets = ['canary', ...Object.values(KEY_VARIABLES), '第一個實例', 'ACS3-HMAC-SHA256'];
    for (const secret of secrets) expect(collector.received).not.toContain(secret);
  });

  function failed(attempt: number, code: string) {
    return {
      kind: CLIENT,
      name: 'DescribeInstance',
      status: { code: ERROR },
      attributes: {
        'outboundbot.attempt': attempt,
        'outboundbot.outcome': 'failed',
        'outboundbot.code': code,
        'error.type': 'failed',
      },
    };
  }

  it('a request without a trace begins one, which its log line names', async () => {
    await stack.gateway.http.get(PATH);
    const [first, second] = await spans(2);
    expect(first!.traceId).toBe(second!.traceId);
    await expect.poll(() => stack.gateway.requestLog()).toMatchObject([{ traceId: first!.traceId }]);
  });

  it('an attempt whose connection was dead says that it was sent again', async () => {
    stack.emulator.faults.add({ kind: 'forget', afterMs: 0, times: 1 });
    for (let n = 0; n < 2; n += 1) await stack.gateway.http.get(PATH).expect(200);
    const attempts = (await spans(4)).filter(({ kind }) => kind === CLIENT);
    expect(attempts.map(({ attributes }) => attributes['http.request.resend_count'])).toStrictEqual([
      undefined,
      1,
    ]);
  });

  it("a failure of ours is an error, a caller's mistake is none", async () => {
    stack.emulator.faults.add({ kind: 'error', code: 'Forbidden.RAM', times: 1 });
    await stack.gateway.http.get(PATH);
    await stack.gateway.http.get('/instances/not..valid');
    await stack.gateway.http.get('/instances/missing');
    await stack.gateway.http.get('/nope');
    const of = (all: CollectedSpan[], status: number) =>
      all.find(({ attributes }) => attributes['http.response.status_code'] === status)!;
    const all = (await spans(6)).filter(({ kind }) => kind === SERVER);
    expect(of(all, 502)).toMatchObject({
      status: { code: ERROR },
      attributes: { 'error.type': 'upstream-refused' },
    });
    expect(of(all, 400).status.code).not.toBe(ERROR);
    expect(of(all, 400).attributes['outboundbot_gateway.problem']).toBe('invalid-request');
    for (const { status, attributes } of all.filter((span) => span !== of(all, 502))) {
      expect(status.code).not.toBe(ERROR);
      expect(attributes).not.toHaveProperty('error.type');
    }
    expect(all.map(({ name }) => name).sort()).toStrictEqual([
      'GET',
      ...Array<string>(3).fill('GET /instances/:id'),
    ]);
    const attempt = collector.spans.find(
      ({ attributes }) => attributes['outboundbot.outcome'] === 'not-found',
    );
    expect(attempt?.status.code).not.toBe(ERROR);
  });

  it('the calls of many callers belong to the one who made them', async () => {
    stack.emulator.faults.add({ kind: 'latency', ms: 100 });
    await Promise.all(Array.from({ length: 10 }, () => stack.gateway.http.get(PATH)));
    const all = await spans(11);
    const [attempt] = all.filter(({ kind }) => kind === CLIENT);
    const leader = all.find(({ spanId }) => spanId === attempt!.parentSpanId);
    expect(leader!.attributes['outboundbot_gateway.cache']).toBe('outboundbot-gateway; fwd=miss');
  });

  it.each([
    ['is not valid', '00-00000000000000000000000000000000-b7ad6b7169203331-01'],
    ['is no trace context', 'canary'],
  ])('what %s is not believed', async (_, traceparent) => {
    await stack.gateway.http.get(PATH).set('traceparent', traceparent).expect(200);
    const [span] = await spans(2);
    expect(span!.traceId).toMatch(/^(?!0{32})[0-9a-f]{32}$/);
    expect(collector.spans.find(({ kind }) => kind === SERVER)).not.toHaveProperty('parentSpanId');
  });

  it('a trace that its caller does not sample is not exported', async () => {
    await stack.gateway.http.get(PATH).set('traceparent', `00-${TRACE_ID}-${PARENT_ID}-00`);
    await stack.gateway.http.get(PATH);
    for (const { traceId } of await spans(2)) expect(traceId).not.toBe(TRACE_ID);
  });

  it('what is left is handed over at the end', async () => {
    const last = await startStack({ OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.endpoint}/` });
    await last.gateway.http.get(PATH);
    await last.close();
    expect(collector.spans).toHaveLength(2);
  });

  it('one that fails is said once, and no request suffers', async () => {
    collector.status = 400;
    const logged = () =>
      stack.gateway.logLines
        .map((line) => JSON.parse(line) as Record<string, unknown>)
        .filter(({ msg }) => msg === 'trace collector');
    for (let n = 0; n < 2; n += 1) {
      await stack.gateway.http.get(PATH).expect(200);
      await expect.poll(() => logged().length, { timeout: 5000 }).toBe(1);
    }
    expect(logged()).toMatchObject([{ state: 'down', level: 'warn' }]);
    collector.status = 200;
    await expect
      .poll(
        async () => {
          await stack.gateway.http.get(PATH).expect(200);
          return logged().length;
        },
        { timeout: 5000 },
      )
      .toBe(2);
  });
});

describe('a collector that hangs', () => {
  it('does not hold up the end', async () => {
    let exports = 0;
    const silent = createServer((socket) => {
      exports += 1;
      socket.on('close', () => (exports -= 1)).resume();
    }).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as { port: number };
    const stack = await startStack({ OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` });
    await stack.gateway.http.get(PATH).expect(200);
    await stack.close();
    // It has not waited until the export gave up.
    expect(exports).toBe(1);
    silent.close();
  });
});

describe('without a collector', () => {
  const stack = useStack(UNCACHED);

  it("the log line has the caller's trace all the same", async () => {
    await stack.gateway.http.get(PATH).set('traceparent', TRACEPARENT);
    await stack.gateway.http.get(PATH).set('traceparent', 'canary');
    await expect.poll(() => stack.gateway.requestLog().length).toBe(2);
    const [first, second] = stack.gateway.requestLog();
    expect(first).toMatchObject({ traceId: TRACE_ID });
    expect(second).not.toHaveProperty('traceId');
  });
});
