import { once } from 'node:events';
import { createServer } from 'node:net';

import { startTracing } from '@app/tracing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';

import { KEY_VARIABLES, SAMPLE_ID, startStack, UNCACHED, useStack } from '../support/gateway.js';
import { startMeasured } from '../support/measured-gateway.js';
import { type CollectedSpan, TraceCollector } from '../support/trace-collector.js';

const PATH = `/instances/${SAMPLE_ID}`;
const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const PARENT_ID = 'b7ad6b7169203331';
const TRACEPARENT = `00-${TRACE_ID}-${PARENT_ID}-01`;
const SERVER = 2;
const CLIENT = 3;
const ERROR = 2;
type Stack = Awaited<ReturnType<typeof startStack>>;

describe('traces with a collector', () => {
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
  /** Closes the gateway, so that it exports its spans at once and not a second later. */
  const spans = async (count: number, traceId?: string): Promise<CollectedSpan[]> => {
    await stack.gateway.close();
    const ofTrace = () => collector.spans.filter((span) => traceId === undefined || span.traceId === traceId);
    await expect.poll(() => ofTrace().length, { timeout: 5000 }).toBeGreaterThanOrEqual(count);
    expect(ofTrace()).toHaveLength(count);
    return ofTrace();
  };

  it("continue the caller's trace with a span for the request and a child span for each attempt", async () => {
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

  it('begin with a request that has no traceparent, and the log line has the new trace id', async () => {
    await stack.gateway.http.get(PATH);
    const [first, second] = await spans(2);
    expect(first!.traceId).toBe(second!.traceId);
    await expect.poll(() => stack.gateway.requestLog()).toMatchObject([{ traceId: first!.traceId }]);
  });

  it('have http.request.resend_count on an attempt that was resent because its connection was dead', async () => {
    stack.emulator.faults.add({ kind: 'forget', afterMs: 0, times: 1 });
    for (let n = 0; n < 2; n += 1) await stack.gateway.http.get(PATH).expect(200);
    const attempts = (await spans(4)).filter(({ kind }) => kind === CLIENT);
    expect(attempts.map(({ attributes }) => attributes['http.request.resend_count'])).toStrictEqual([
      undefined,
      1,
    ]);
  });

  it('mark an answer of 500 or above as an error, and no answer of 4xx', async () => {
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

  it('attach a shared upstream call to the request that started it', async () => {
    stack.emulator.faults.add({ kind: 'latency', ms: 100 });
    await Promise.all(Array.from({ length: 10 }, () => stack.gateway.http.get(PATH)));
    const all = await spans(11);
    const [attempt] = all.filter(({ kind }) => kind === CLIENT);
    const leader = all.find(({ spanId }) => spanId === attempt!.parentSpanId);
    expect(leader!.attributes['outboundbot_gateway.cache']).toBe('outboundbot-gateway; fwd=miss');
  });

  it.each([
    ['an all-zero trace id', '00-00000000000000000000000000000000-b7ad6b7169203331-01'],
    ['a malformed value', 'canary'],
  ])('ignore a traceparent with %s and begin a new trace', async (_, traceparent) => {
    await stack.gateway.http.get(PATH).set('traceparent', traceparent).expect(200);
    const [span] = await spans(2);
    expect(span!.traceId).toMatch(/^(?!0{32})[0-9a-f]{32}$/);
    expect(collector.spans.find(({ kind }) => kind === SERVER)).not.toHaveProperty('parentSpanId');
  });

  it('are not exported when the traceparent of the caller is not sampled', async () => {
    await stack.gateway.http.get(PATH).set('traceparent', `00-${TRACE_ID}-${PARENT_ID}-00`);
    await stack.gateway.http.get(PATH);
    for (const { traceId } of await spans(2)) expect(traceId).not.toBe(TRACE_ID);
  });

  it('leave out requests for health', async () => {
    for (const path of ['/health/live', '/health/ready', '/health/nope'])
      await stack.gateway.http.get(path).set('traceparent', TRACEPARENT);
    await expect.poll(() => stack.gateway.requestLog().length).toBe(3);
    expect(stack.gateway.requestLog()[0]).toMatchObject({ traceId: TRACE_ID });
    await stack.gateway.http.get(PATH);
    expect((await spans(2)).map(({ kind }) => kind).sort()).toStrictEqual([SERVER, CLIENT]);
  });

  it.each([
    ['always_off', { sampled: 0, unsampled: 0, own: 0 }],
    ['always_on', { sampled: 2, unsampled: 2, own: 2 }],
    ['traceidratio', { sampled: 0, unsampled: 0, own: 0 }],
    ['parentbased_always_on', { sampled: 2, unsampled: 0, own: 2 }],
    ['parentbased_always_off', { sampled: 2, unsampled: 0, own: 0 }],
    ['parentbased_traceidratio', { sampled: 2, unsampled: 0, own: 0 }],
  ])('are sampled as OTEL_TRACES_SAMPLER=%s and a ratio of 0 ask for: %j', async (sampler, expected) => {
    const sampling = await startStack({
      ...UNCACHED,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
      OTEL_TRACES_SAMPLER: sampler,
      OTEL_TRACES_SAMPLER_ARG: '0',
    });
    const unsampled = TRACE_ID.replace(/^../, 'ff');
    await sampling.gateway.http.get(PATH).set('traceparent', TRACEPARENT).expect(200);
    await sampling.gateway.http.get(PATH).set('traceparent', `00-${unsampled}-${PARENT_ID}-00`).expect(200);
    await sampling.gateway.http.get(PATH).expect(200);
    await sampling.close();
    const counts = { sampled: 0, unsampled: 0, own: 0 };
    for (const { traceId } of collector.spans)
      counts[traceId === TRACE_ID ? 'sampled' : traceId === unsampled ? 'unsampled' : 'own'] += 1;
    expect(counts).toStrictEqual(expected);
  });

  it('are turned off by OTEL_SDK_DISABLED', async () => {
    const disabled = await startStack({
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
      OTEL_SDK_DISABLED: 'true',
    });
    await disabled.gateway.http.get(PATH).set('traceparent', TRACEPARENT).expect(200);
    await expect.poll(() => disabled.gateway.requestLog()).toMatchObject([{ traceId: TRACE_ID }]);
    await disabled.close();
    expect(collector.spans).toStrictEqual([]);
  });

  it('are exported to the last span when the gateway closes', async () => {
    const last = await startStack({ OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.endpoint}/` });
    await last.gateway.http.get(PATH);
    await last.close();
    expect(collector.spans).toHaveLength(2);
  });

  it('do not delay or fail requests when the collector fails, and each change of its state is logged once', async () => {
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

describe('spans that get lost', () => {
  async function startRefusing(): Promise<TraceCollector> {
    const collector = await TraceCollector.start();
    onTestFinished(() => {
      collector.close();
    });
    collector.status = 400;
    return collector;
  }

  it('are counted when the collector does not take them', async () => {
    const collector = await startRefusing();
    const measured = await startMeasured({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint });
    onTestFinished(() => measured.stack.close());
    expect(await measured.value('spans_dropped_total')).toBe(0);
    await measured.stack.gateway.http.get(PATH).expect(200);
    await expect.poll(() => measured.value('spans_dropped_total'), { timeout: 5000 }).toBe(2);
    collector.status = 200;
    await measured.stack.gateway.http.get(PATH).expect(200);
    await expect.poll(() => collector.spans.length, { timeout: 5000 }).toBe(1);
    expect(await measured.value('spans_dropped_total')).toBe(2);
  });

  it('are counted when the queue is full', async () => {
    const tracing = await startTracing({
      endpoint: (await startRefusing()).endpoint,
      sampler: { name: 'always_on', ratio: 1 },
      onStateChange: () => undefined,
    });
    for (let count = 0; count < 3000; count += 1) tracing.call('DescribeInstance', {}).end({});
    // At most 2048 spans wait, and 512 are on their way.
    expect(tracing.droppedSpans).toBe(3000 - 2048 - 512);
    await tracing.close();
    await expect.poll(() => tracing.droppedSpans).toBe(3000);
  });

  it('have no metric without a collector', async () => {
    const measured = await startMeasured();
    onTestFinished(() => measured.stack.close());
    expect(await measured.value('spans_dropped_total')).toBeUndefined();
  });
});

describe('traces with a collector that never answers', () => {
  it('do not delay the close of the gateway', async () => {
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
    // The export is still open: the gateway did not wait for its timeout.
    expect(exports).toBe(1);
    silent.close();
  });
});

describe('traces without a collector', () => {
  const stack = useStack(UNCACHED);

  it("still put the caller's trace id into the log line", async () => {
    await stack.gateway.http.get(PATH).set('traceparent', TRACEPARENT);
    await stack.gateway.http.get(PATH).set('traceparent', 'canary');
    await expect.poll(() => stack.gateway.requestLog().length).toBe(2);
    const [first, second] = stack.gateway.requestLog();
    expect(first).toMatchObject({ traceId: TRACE_ID });
    expect(second).not.toHaveProperty('traceId');
  });
});
