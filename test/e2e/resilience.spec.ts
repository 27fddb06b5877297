import { describe, expect, it, onTestFinished } from 'vitest';

import { SAMPLE_ID, startStack, type TestGateway, UNCACHED } from '../support/gateway.js';

/** Requests all ids at once, and resolves with the answers in the order of the ids. */
async function askAll(gateway: TestGateway, ids: readonly string[]) {
  return Promise.all(
    ids.map(async (id) => {
      const response = await fetch(`${gateway.url}/instances/${id}`);
      const body = (await response.json()) as { code?: string; requestId?: string };
      return { status: response.status, headers: response.headers, body };
    }),
  );
}

function connectionsOf({ app }: TestGateway): Promise<number> {
  const server = app.getHttpServer();
  return new Promise((resolve) => {
    server.getConnections((_error, count) => {
      resolve(count);
    });
  });
}

async function start(variables: Record<string, string> = {}) {
  const stack = await startStack(variables);
  onTestFinished(() => stack.close());
  return stack;
}

const uniqueIds = (count: number, prefix = 'unique'): string[] =>
  Array.from({ length: count }, (_, n) => `${prefix}-${n}`);

describe('simultaneous requests for one instance', () => {
  it('cause one upstream call for 300 callers when nothing is cached', async () => {
    const { emulator, gateway } = await start();
    emulator.faults.add({ kind: 'latency', ms: 100 });
    const answers = await askAll(gateway, Array<string>(300).fill(SAMPLE_ID));
    expect(new Set(answers.map(({ status }) => status))).toStrictEqual(new Set([200]));
    expect(emulator.calls.count()).toBe(1);
    const requestIds = answers.map(({ headers }) => headers.get('x-request-id'));
    expect(new Set(requestIds).size).toBe(300);
    const collapsed = answers.filter(({ headers }) => headers.get('cache-status')?.includes('collapsed'));
    expect(collapsed.length).toBeGreaterThan(0);
  });

  it('cause no more upstream calls for 300 callers than for one when the upstream fails', async () => {
    const { emulator, gateway } = await start();
    emulator.faults.add({ kind: 'error', code: 'InternalError', delayMs: 400 });
    const answers = await askAll(gateway, Array<string>(300).fill(SAMPLE_ID));
    for (const { status, body, headers } of answers) {
      expect(status).toBe(502);
      expect(body).toMatchObject({ code: 'upstream-error', upstream: { attempts: 3 } });
      expect(body.requestId).toBe(headers.get('x-request-id'));
    }
    expect(new Set(answers.map(({ body }) => body.requestId)).size).toBe(300);
    expect(emulator.calls.count()).toBe(3);
  });

  it('are all answered when the client that started the upstream call disconnects', async () => {
    const { emulator, gateway } = await start();
    emulator.faults.add({ kind: 'latency', ms: 400 });
    const first = new AbortController();
    const leader = fetch(`${gateway.url}/instances/${SAMPLE_ID}`, { signal: first.signal });
    await expect.poll(() => emulator.calls.count()).toBe(1);
    const followers = askAll(gateway, Array<string>(5).fill(SAMPLE_ID));
    await expect.poll(() => connectionsOf(gateway)).toBeGreaterThanOrEqual(6);
    await fetch(`${gateway.url}/health/live`);
    first.abort();
    await expect(leader).rejects.toThrow();
    for (const { status } of await followers) expect(status).toBe(200);
    expect(emulator.calls.count()).toBe(1);
  });

  it('cause one upstream call for a client that disconnects and repeats its request', async () => {
    const { emulator, gateway } = await start();
    emulator.faults.add({ kind: 'latency', ms: 500 });
    for (let n = 0; n < 5; n += 1) {
      const impatient = fetch(`${gateway.url}/instances/${SAMPLE_ID}`, { signal: AbortSignal.timeout(50) });
      await expect(impatient).rejects.toThrow();
    }
    const [answer] = await askAll(gateway, [SAMPLE_ID]);
    expect(answer!.status).toBe(200);
    expect(emulator.calls.count()).toBe(1);
  });

  it('cause no further attempt after the last client has disconnected', async () => {
    const { emulator, gateway } = await start({
      UPSTREAM_BACKOFF_BASE_MS: '200',
      UPSTREAM_BACKOFF_CAP_MS: '200',
    });
    emulator.faults.add({ kind: 'error', code: 'InternalError', delayMs: 100 });
    const caller = new AbortController();
    const request = fetch(`${gateway.url}/instances/${SAMPLE_ID}`, { signal: caller.signal });
    await expect.poll(() => emulator.calls.count()).toBe(1);
    caller.abort();
    await expect(request).rejects.toThrow();
    await expect.poll(() => gateway.requestLog().length).toBe(1);
    expect(gateway.requestLog()).toMatchObject([{ aborted: true, upstream: [{ outcome: 'failed' }] }]);
    expect(emulator.calls.count()).toBe(1);
  });
});

describe('an outage of the upstream', () => {
  it('causes at most 1.25 upstream calls per request over 1000 requests, even with five attempts allowed', async () => {
    const { emulator, gateway } = await start({
      UPSTREAM_BREAKER_FAILURE_RATIO: '0',
      UPSTREAM_MAX_ATTEMPTS: '5',
      UPSTREAM_MAX_QUEUE: '1000',
    });
    emulator.faults.add({ kind: 'error', code: 'InternalError' });
    for (let batch = 0; batch < 10; batch += 1) {
      const answers = await askAll(gateway, uniqueIds(100, `batch-${batch}`));
      for (const { status } of answers) expect(status).toBe(502);
    }
    expect(emulator.calls.count()).toBeGreaterThanOrEqual(1000);
    expect(emulator.calls.count()).toBeLessThanOrEqual(1250);
  });

  it('causes at most 655 upstream calls for 500 requests when the security token has expired', async () => {
    const { emulator, gateway } = await start({ UPSTREAM_MAX_QUEUE: '1000' });
    emulator.faults.add({ kind: 'error', code: 'InvalidSecurityToken.Expired' });
    for (let batch = 0; batch < 5; batch += 1) await askAll(gateway, uniqueIds(100, `batch-${batch}`));
    // 500 first attempts, 100 retries from the burst, and a tenth of a retry for each request.
    expect(emulator.calls.count()).toBeLessThanOrEqual(655);
  });

  it('opens the breaker, which answers 503 without a call until a probe succeeds', async () => {
    const { emulator, gateway } = await start({ CACHE_NOT_FOUND_MS: '0' });
    emulator.faults.add({ kind: 'error', code: 'InternalError' });
    await askAll(gateway, uniqueIds(30));
    const calls = emulator.calls.count();
    const [failure] = await askAll(gateway, ['x']);
    expect(failure).toMatchObject({ status: 503, body: { code: 'upstream-unavailable' } });
    expect(failure!.body).not.toHaveProperty('upstream');
    expect(failure!.headers.get('retry-after')).toBe('5');
    for (const { status } of await askAll(gateway, uniqueIds(20, 'open'))) expect(status).toBe(503);
    expect(emulator.calls.count()).toBe(calls);

    gateway.clock.advance(2000);
    expect((await askAll(gateway, ['x']))[0]!.headers.get('retry-after')).toBe('3');

    // The half-open breaker allows a few probes; they fail, and it opens again.
    gateway.clock.advance(3000);
    await askAll(gateway, uniqueIds(20, 'probe'));
    expect(emulator.calls.count() - calls).toBeLessThanOrEqual(3);

    emulator.faults.clear();
    gateway.clock.advance(5000);
    expect((await askAll(gateway, [SAMPLE_ID]))[0]!.status).toBe(200);
    for (const { status } of await askAll(gateway, uniqueIds(20, 'closed'))) expect(status).toBe(404);
  });

  it('is not assumed by the breaker for refusals, missing instances or throttling', async () => {
    const { emulator, gateway } = await start(UNCACHED);
    for (const code of ['Forbidden.RAM', 'NotExist.Instance', 'Throttling.User']) {
      emulator.faults.add({ kind: 'error', code, times: 60 });
      await askAll(gateway, uniqueIds(40, code.replaceAll('.', '-')));
      emulator.reset();
      expect((await askAll(gateway, [SAMPLE_ID]))[0]!.status).toBe(200);
    }
  });

  it('does not affect cached instances within stale-if-error, and others are answered 503 upstream-unavailable', async () => {
    const { emulator, gateway } = await start();
    const warm = uniqueIds(50, 'warm');
    for (const id of warm) emulator.instances.put({ InstanceId: id });
    await askAll(gateway, warm);
    await emulator.close();
    gateway.clock.advance(5000 + 250_000);
    for (const { status, headers } of await askAll(gateway, warm)) {
      expect(status).toBe(200);
      expect(headers.get('age')).toMatch(/^25[5-9]$/);
      expect(headers.get('cache-status')).toContain('fwd=stale');
    }
    for (const { status, body } of await askAll(gateway, uniqueIds(50, 'cold'))) {
      expect(status).toBe(503);
      expect(body.code).toBe('upstream-unavailable');
    }
  });
});

describe('more requests than UPSTREAM_MAX_CONCURRENCY and UPSTREAM_MAX_QUEUE allow', () => {
  it('are answered 503 overloaded while the calls in flight stay at the limit', async () => {
    const { emulator, gateway } = await start({
      ...UNCACHED,
      UPSTREAM_MAX_CONCURRENCY: '5',
      UPSTREAM_MAX_QUEUE: '20',
      UPSTREAM_DEADLINE_MS: '600',
    });
    emulator.faults.add({ kind: 'latency', ms: 150 });
    let mostSockets = 0;
    const watch = setInterval(() => {
      mostSockets = Math.max(mostSockets, emulator.openSockets());
    }, 5);
    onTestFinished(() => {
      clearInterval(watch);
    });
    const answers = await askAll(gateway, uniqueIds(50));
    const count = (status: number): number => answers.filter((answer) => answer.status === status).length;
    expect(count(404) + count(503) + count(504)).toBe(50);
    // 5 in flight and 20 in the queue; the gateway rejects the other 25.
    expect(count(503)).toBeGreaterThanOrEqual(25);
    expect(count(404)).toBeGreaterThanOrEqual(10);
    for (const { body, headers } of answers.filter((answer) => answer.status === 503)) {
      expect(body.code).toBe('overloaded');
      expect(headers.get('retry-after')).toBe('1');
    }
    expect(mostSockets).toBeLessThanOrEqual(5);
  });
});

describe('a long queue for a slow but healthy upstream', () => {
  it('causes only calls that can end before the deadline, and its timeouts do not open the breaker', async () => {
    const { emulator, gateway } = await start({
      ...UNCACHED,
      UPSTREAM_BREAKER_FAILURE_RATIO: '0.5',
      UPSTREAM_MAX_CONCURRENCY: '4',
      UPSTREAM_MAX_QUEUE: '100',
      UPSTREAM_ATTEMPT_TIMEOUT_MS: '1000',
      UPSTREAM_DEADLINE_MS: '2000',
    });
    emulator.faults.add({ kind: 'latency', ms: 400 });
    for (let round = 0; round < 3; round += 1) {
      const answers = await askAll(gateway, uniqueIds(60, `round-${round}`));
      const codes = answers.map(({ body }) => body.code);
      expect(codes).not.toContain('upstream-unavailable');
      expect(codes.filter((code) => code === 'instance-not-found').length).toBeGreaterThanOrEqual(8);
      expect(codes.filter((code) => code === 'upstream-timeout').length).toBeLessThanOrEqual(4);
    }
  });
});

describe('a gateway whose event loop is blocked', () => {
  /** Blocks the event loop. */
  function block(ms: number): void {
    const until = performance.now() + ms;
    while (performance.now() < until);
  }

  it('answers 503 overloaded but stays live, and recovers', async () => {
    const { gateway } = await start();
    const ask = async (path: string): Promise<number> => (await fetch(`${gateway.url}${path}`)).status;
    await expect
      .poll(
        async () => {
          block(1500);
          return [await ask('/health/live'), await ask('/instances/a')];
        },
        { timeout: 15_000 },
      )
      .toStrictEqual([200, 503]);
    const response = await fetch(`${gateway.url}/instances/a`);
    expect(await response.json()).toMatchObject({ code: 'overloaded' });
    expect(response.headers.get('retry-after')).toBe('1');
    await expect.poll(() => ask('/instances/a'), { timeout: 5000 }).toBe(404);
  });
});
