import { once } from 'node:events';
import { connect } from 'node:net';

import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';

import { SAMPLE_ID, startStack, UNCACHED } from '../support/gateway.js';
import { startMeasured } from '../support/measured-gateway.js';
import { sendRaw } from '../support/raw-http.js';

type Stack = Awaited<ReturnType<typeof startStack>>;

const PATH = `/instances/${SAMPLE_ID}`;

describe('the metrics endpoint', () => {
  let measured: Awaited<ReturnType<typeof startMeasured>>;
  let stack: Stack;
  beforeEach(async () => {
    measured = await startMeasured();
    ({ stack } = measured);
    return () => stack.close();
  });

  const expectSeries = (series: string, value: number) =>
    expect.poll(() => measured.value(series), { message: series }).toBe(value);

  it('counts and times requests by route template, method, status and the code of the problem', async () => {
    await stack.gateway.http.get(PATH).expect(200);
    await stack.gateway.http.head(PATH).expect(200);
    await stack.gateway.http.get('/instances/missing').expect(404);
    await stack.gateway.http.get('/nowhere/at/all').expect(404);
    await stack.gateway.http.delete(PATH).expect(405);
    await stack.gateway.http.get('/instances').set('Cache-Control', 'only-if-cached').expect(504);
    const count = (labels: string, value: number) =>
      expectSeries(`request_duration_seconds_count{${labels}}`, value);
    await count('route="/instances/:id",method="GET",status="200"', 1);
    await count('route="/instances/:id",method="HEAD",status="200"', 1);
    await count('route="/instances/:id",method="GET",status="404",code="instance-not-found"', 1);
    await count('route="none",method="GET",status="404",code="route-not-found"', 1);
    await count('route="none",method="other",status="405",code="method-not-allowed"', 1);
    await count('route="/instances",method="GET",status="504",code="not-cached"', 1);
  });

  it('counts requests that fail before routing, such as malformed HTTP', async () => {
    await sendRaw(stack.gateway.url, 'CANARY\r\n\r\n');
    await expectSeries('problems_total{code="invalid-request"}', 1);
    await sendRaw(stack.gateway.url, 'GET /%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    await expectSeries('problems_total{code="invalid-request"}', 2);
  });

  it('counts requests whose client disconnected before the answer as aborted', async () => {
    stack.emulator.faults.add({ kind: 'latency', ms: 500 });
    const caller = new AbortController();
    const request = fetch(`${stack.gateway.url}${PATH}`, { signal: caller.signal });
    await expect.poll(() => stack.emulator.calls.count()).toBe(1);
    await expectSeries('requests_in_flight', 1);
    await expectSeries('upstream_calls_in_flight', 1);
    caller.abort();
    await expect(request).rejects.toThrow();
    await expectSeries(
      'request_duration_seconds_count{route="/instances/:id",method="GET",status="aborted"}',
      1,
    );
    await expectSeries('requests_in_flight', 0);
  });

  it('counts answers by their source: miss, collapsed, hit, stale, stale-on-error', async () => {
    const source = (cache: string, value: number) => expectSeries(`readings_total{cache="${cache}"}`, value);
    stack.emulator.faults.add({ kind: 'latency', ms: 50, times: 1 });
    await Promise.all([stack.gateway.http.get(PATH), stack.gateway.http.get(PATH)]);
    await source('miss', 1);
    await source('collapsed', 1);
    await stack.gateway.http.get(PATH).expect(200);
    await source('hit', 1);
    stack.gateway.clock.advance(10_000);
    stack.emulator.faults.add({ kind: 'error', code: 'InternalError', times: 100 });
    await stack.gateway.http.get(PATH).expect(200);
    await source('stale', 1);
    await expectSeries(
      'upstream_attempt_duration_seconds_count{action="DescribeInstance",outcome="failed"}',
      3,
    );
    // The refresh has failed, and the next one is not due yet.
    await stack.gateway.http.get(PATH).expect(200);
    await source('stale-on-error', 1);
    stack.gateway.clock.advance(60_000);
    await stack.gateway.http.get(PATH).expect(200);
    await source('stale-on-error', 2);
  });

  it('counts each upstream attempt by its outcome, and each retry', async () => {
    stack.emulator.faults.add({ kind: 'error', code: 'InternalError', times: 2 });
    await stack.gateway.http.get(PATH).expect(200);
    const calls = (outcome: string, value: number) =>
      expectSeries(
        `upstream_attempt_duration_seconds_count{action="DescribeInstance",outcome="${outcome}"}`,
        value,
      );
    await calls('failed', 2);
    await calls('success', 1);
    await calls('refused', 0);
    await expectSeries('upstream_retries_total{budget="spent"}', 2);
    await expectSeries('upstream_retries_total{budget="denied"}', 0);
    stack.emulator.faults.add({ kind: 'error', code: 'SignatureDoesNotMatch' });
    await stack.gateway.http.get('/instances/other').expect(502);
    await calls('refused', 1);
    await expectSeries('problems_total{code="upstream-refused"}', 1);
  });

  it('has no more series for 60 instances and clients than for one', async () => {
    const series = async (): Promise<number> =>
      (await measured.text()).split('\n').filter((line) => line.startsWith('outboundbot_gateway_')).length;
    const read = (id: number, method: 'get' | 'head') =>
      stack.gateway.http[method](`/instances/id-${id}`)
        .set('x-request-id', `request-${id}`)
        .set('x-forwarded-for', `10.0.0.${id}`);
    await read(0, 'get').expect(404);
    const missing = 'route="/instances/:id",method="GET",status="404",code="instance-not-found"';
    await expectSeries(`request_duration_seconds_count{${missing}}`, 1);
    const before = await series();
    for (let id = 1; id <= 60; id += 1) await read(id, 'get').expect(404);
    await expectSeries(`request_duration_seconds_count{${missing}}`, 61);
    expect(await series()).toBe(before);
    expect(await measured.text()).not.toMatch(/id-\d|10\.0\.0|request-\d/);
  });

  it('listens on its own port, which serves nothing but /metrics', async () => {
    await stack.gateway.http.get('/metrics').expect(404);
    const url = `http://127.0.0.1:${measured.port}`;
    const response = await fetch(`${url}/metrics?name=x`);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    for (const name of [
      'process_cpu_seconds_total',
      'process_resident_memory_bytes',
      'nodejs_eventloop_lag_p99_seconds',
    ])
      expect(await response.clone().text()).toContain(`\n${name} `);
    expect((await fetch(`${url}/metrics`, { method: 'HEAD' })).status).toBe(200);
    expect((await fetch(`${url}/metrics`, { method: 'POST' })).status).toBe(405);
    expect((await fetch(`${url}${PATH}`)).status).toBe(404);
  });

  it('answers at most two of 400 pipelined scrapes in full', async () => {
    const answers = (await measured.text()).length;
    const asking = connect(measured.port, '127.0.0.1');
    asking.end('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(400));
    let received = 0;
    asking.on('data', (chunk: Buffer) => (received += chunk.length));
    await once(asking, 'close');
    expect(received).toBeLessThan(2 * answers + 400 * 300);
    expect(await measured.text()).toContain('process_cpu');
  });

  it('stops listening when the gateway closes', async () => {
    // Leaves a keep-alive connection open, which must not delay the close.
    await measured.text();
    await stack.gateway.close();
    await expect(measured.text()).rejects.toThrow();
    // The hook closes the stack again, which must not fail.
  });
});

it('the metrics show the state of the breaker and the calls that it rejected', async () => {
  const measured = await startMeasured({
    ...UNCACHED,
    UPSTREAM_BREAKER_FAILURE_RATIO: '0.5',
    UPSTREAM_BREAKER_MIN_REQUESTS: '2',
    UPSTREAM_MAX_ATTEMPTS: '1',
  });
  onTestFinished(() => measured.stack.close());
  const { gateway, emulator } = measured.stack;
  expect(await measured.value('upstream_breaker_state{state="closed"}')).toBe(1);
  emulator.faults.add({ kind: 'error', code: 'InternalError', times: 2 });
  for (let i = 0; i < 3; i += 1) await gateway.http.get(PATH);
  expect(await measured.value('upstream_breaker_state{state="closed"}')).toBe(0);
  expect(await measured.value('upstream_breaker_state{state="open"}')).toBe(1);
  expect(await measured.value('upstream_rejections_total{policy="breaker"}')).toBe(1);
  gateway.clock.advance(6000);
  expect(await measured.value('upstream_breaker_state{state="half-open"}')).toBe(1);
});

it('the metrics count the retries that the retry budget denied', async () => {
  const measured = await startMeasured({ ...UNCACHED, UPSTREAM_RETRY_BUDGET_RATIO: '0' });
  onTestFinished(() => measured.stack.close());
  measured.stack.emulator.faults.add({ kind: 'error', code: 'InternalError', times: 1000 });
  for (let i = 0; i < 52; i += 1) await measured.stack.gateway.http.get(PATH);
  expect(await measured.value('upstream_retries_total{budget="spent"}')).toBe(100);
  expect(await measured.value('upstream_retries_total{budget="denied"}')).toBe(2);
});

it('the metrics count the calls that wait in the queue and those that a full queue rejected', async () => {
  const measured = await startMeasured({
    ...UNCACHED,
    UPSTREAM_MAX_CONCURRENCY: '1',
    UPSTREAM_MAX_QUEUE: '1',
  });
  onTestFinished(() => measured.stack.close());
  const { gateway, emulator } = measured.stack;
  emulator.faults.add({ kind: 'latency', ms: 300, times: 2 });
  const readings = ['a', 'b'].map((id) => fetch(`${gateway.url}/instances/${id}`));
  await expect.poll(() => measured.value('upstream_calls_queued')).toBe(1);
  await gateway.http.get('/instances/c').expect(503);
  expect(await measured.value('upstream_rejections_total{policy="concurrency-limit"}')).toBe(1);
  await Promise.all(readings);
});
