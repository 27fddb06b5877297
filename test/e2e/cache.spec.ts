import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { Fault } from '../../apps/outboundbot-emulator/src/start-emulator.js';
import { SAMPLE_ID, startStack } from '../support/gateway.js';

const PATH = `/instances/${SAMPLE_ID}`;
const FRESH_MS = 5000;
const STALE_WHILE_REVALIDATE_MS = 30_000;
const STALE_IF_ERROR_MS = 300_000;

let stack: Awaited<ReturnType<typeof startStack>>;
beforeEach(async () => {
  stack = await startStack();
});
afterEach(() => stack.close());

const get = (path = PATH) => stack.gateway.http.get(path);
const upstreamCalls = (): number => stack.emulator.calls.count();

describe('a fresh cache entry', () => {
  it('is served from memory with its Age and without an upstream call', async () => {
    const first = await get().expect(200);
    expect(first.headers).toMatchObject({
      'cache-control': 'public, max-age=5, stale-while-revalidate=30, stale-if-error=300',
      'cache-status': 'outboundbot-gateway; fwd=miss',
    });
    expect(first.headers).not.toHaveProperty('age');
    stack.gateway.clock.advance(2000);
    const second = await get().expect(200);
    expect(second.text).toBe(first.text);
    expect(second.headers).toMatchObject({ age: '2', 'cache-status': 'outboundbot-gateway; hit; ttl=2' });
    expect(second.headers['etag']).toBe(first.headers['etag']);
    expect(upstreamCalls()).toBe(1);
  });

  it('is served with the request id of each request and logged for each request', async () => {
    await get().set('x-request-id', 'first');
    const { headers } = await get().set('x-request-id', 'second');
    expect(headers['x-request-id']).toBe('second');
    await expect.poll(() => stack.gateway.requestLog().length).toBe(2);
    const [, line] = stack.gateway.requestLog();
    expect(line).toMatchObject({ requestId: 'second', cache: 'outboundbot-gateway; hit; ttl=4' });
    expect(line).not.toHaveProperty('upstream');
  });

  it('is fetched again after max-age and stale-while-revalidate have passed', async () => {
    await get();
    stack.gateway.clock.advance(FRESH_MS + STALE_WHILE_REVALIDATE_MS);
    const { headers } = await get().expect(200);
    expect(headers['cache-status']).toBe('outboundbot-gateway; fwd=stale');
    expect(headers).not.toHaveProperty('age');
    expect(upstreamCalls()).toBe(2);
  });
});

describe('a cache entry within stale-while-revalidate', () => {
  it('is served stale at once while one refresh runs in the background', async () => {
    await get();
    stack.emulator.instances.put({ InstanceId: SAMPLE_ID, InstanceName: 'renamed' });
    stack.emulator.faults.add({ kind: 'latency', ms: 50 });
    stack.gateway.clock.advance(FRESH_MS + 1000);

    const stale = await Promise.all([get(), get(), get()]);
    for (const { status, headers, body } of stale) {
      expect(status).toBe(200);
      expect(headers).toMatchObject({ age: '6', 'cache-status': 'outboundbot-gateway; hit; ttl=-2' });
      expect(body).toMatchObject({ instanceName: '第一個實例' });
    }
    await expect.poll(async () => (await get()).text).toContain('renamed');
    expect(upstreamCalls()).toBe(2);
  });

  it('is not refreshed again before the Retry-After of a failed refresh has passed', async () => {
    await get();
    stack.emulator.faults.add({ kind: 'error', code: 'Throttling.User', retryAfter: '60000' });
    stack.gateway.clock.advance(FRESH_MS);
    const asked = upstreamCalls();
    await get().expect(200);
    await expect.poll(upstreamCalls).toBe(asked + 1);
    stack.gateway.clock.advance(59_000);
    for (let n = 0; n < 20; n += 1) {
      const { headers } = await get().expect(200);
      expect(headers['cache-status']).toMatch(/^outboundbot-gateway; hit; ttl=-(59|60)$/);
    }
    expect(upstreamCalls()).toBe(asked + 1);
    stack.emulator.faults.clear();
    stack.gateway.clock.advance(1000);
    const { headers } = await get().expect(200);
    expect(headers['cache-status']).toBe('outboundbot-gateway; fwd=stale');
  });

  it('is refreshed normally again after one successful fetch, even within an earlier Retry-After', async () => {
    await get();
    stack.emulator.faults.add({ kind: 'error', code: 'Throttling', retryAfter: '3600000', times: 1 });
    stack.gateway.clock.advance(FRESH_MS);
    const asked = upstreamCalls();
    await get().expect(200);
    await expect.poll(upstreamCalls).toBe(asked + 1);
    // The entry is now too old to be served stale, although the Retry-After has not passed.
    stack.gateway.clock.advance(310_000);
    await get().expect(200);
    expect(upstreamCalls()).toBe(asked + 2);
    stack.gateway.clock.advance(FRESH_MS);
    await get().expect(200);
    await expect.poll(upstreamCalls).toBe(asked + 3);
  });

  it('causes an error line in the log when its background refresh fails', async () => {
    await get();
    stack.emulator.faults.add({ kind: 'error', code: 'Forbidden.RAM' });
    stack.gateway.clock.advance(FRESH_MS);
    await get().expect(200);
    const refresh = (): string | undefined =>
      stack.gateway.logLines.find((line) => line.includes('refresh failed'));
    await expect.poll(refresh).toBeDefined();
    expect(JSON.parse(refresh() ?? '')).toMatchObject({
      level: 'error',
      reason: 'refused',
      upstream: [{ outcome: 'refused', code: 'Forbidden.RAM' }],
    });
  });
});

describe('a cache entry within stale-if-error', () => {
  const failures: readonly (readonly [string, Fault])[] = [
    ['fails', { kind: 'error', code: 'InternalError' }],
    ['is unavailable', { kind: 'error', code: 'ServiceUnavailable' }],
    ['throttles', { kind: 'error', code: 'Throttling.User' }],
    ['refuses the credentials of the gateway', { kind: 'error', code: 'InvalidAccessKeyId.NotFound' }],
    ['answers HTML', { kind: 'body', contentType: 'text/html', body: '<html></html>' }],
    ['resets the connection', { kind: 'reset' }],
  ];

  it.each(failures)('is served with its Age when the upstream %s', async (_, fault) => {
    const { text } = await get();
    stack.emulator.faults.add(fault);
    stack.gateway.clock.advance(FRESH_MS + 100_000);
    const { status, headers, text: stale } = await get();
    expect(status).toBe(200);
    expect(stale).toBe(text);
    expect(headers).toMatchObject({ age: '105', 'cache-status': 'outboundbot-gateway; fwd=stale; ttl=-101' });
  });

  it.each(failures)(
    'is replaced by the error after stale-if-error has passed when the upstream %s',
    async (_, fault) => {
      await get();
      stack.emulator.faults.add(fault);
      stack.gateway.clock.advance(FRESH_MS + STALE_IF_ERROR_MS - 500);
      await get().expect(200);
      stack.gateway.clock.advance(500);
      const { status, headers } = await get();
      expect(status).toBeGreaterThanOrEqual(502);
      expect(headers['cache-control']).toBe('no-store');
    },
  );

  it('is served with 200 but logged as an error when the upstream refuses the credentials of the gateway', async () => {
    await get();
    stack.emulator.faults.add({ kind: 'error', code: 'InvalidAccessKeyId.NotFound' });
    stack.gateway.clock.advance(FRESH_MS + 100_000);
    await get().expect(200);
    await expect.poll(() => stack.gateway.requestLog().at(-1)).toMatchObject({ level: 'error', status: 200 });
  });
});

describe('an instance that does not exist', () => {
  it('is answered 404 from the cache until CACHE_NOT_FOUND_MS has passed', async () => {
    const first = await get('/instances/nope').expect(404);
    expect(first.body).toMatchObject({ upstream: { code: 'NotExist.Instance', attempts: 1 } });
    expect(first.headers['cache-status']).toBe('outboundbot-gateway; fwd=miss');
    const second = await get('/instances/nope').expect(404);
    expect(second.body).toMatchObject({ code: 'instance-not-found' });
    expect(second.body).not.toHaveProperty('upstream');
    expect(second.headers).toMatchObject({
      'cache-control': 'no-store',
      'cache-status': 'outboundbot-gateway; hit; ttl=1',
    });
    expect(upstreamCalls()).toBe(1);
    stack.gateway.clock.advance(2000);
    await get('/instances/nope').expect(404);
    expect(upstreamCalls()).toBe(2);
  });

  it('is never served stale after the upstream has answered that it does not exist', async () => {
    await get().expect(200);
    stack.emulator.instances.delete(SAMPLE_ID);
    stack.gateway.clock.advance(FRESH_MS + STALE_WHILE_REVALIDATE_MS);
    await get().expect(404);
    stack.emulator.faults.add({ kind: 'error', code: 'InternalError' });
    stack.gateway.clock.advance(2000);
    const { body } = await get().expect(502);
    expect(body).toMatchObject({ code: 'upstream-error' });
  });

  it('is answered 200 after it was created and CACHE_NOT_FOUND_MS has passed', async () => {
    await get('/instances/new').expect(404);
    stack.emulator.instances.put({ InstanceId: 'new' });
    await get('/instances/new').expect(404);
    stack.gateway.clock.advance(2000);
    await get('/instances/new').expect(200);
  });
});

describe('a conditional request', () => {
  it('answers 304 without a body when If-None-Match names the entity tag', async () => {
    const { headers: full } = await get();
    stack.gateway.clock.advance(1000);
    for (const method of ['get', 'head'] as const) {
      const { status, headers, text } = await stack.gateway.http[method](PATH).set(
        'if-none-match',
        full['etag']!,
      );
      expect(status).toBe(304);
      expect(text).toBeFalsy();
      expect(headers).toMatchObject({
        etag: full['etag'],
        'cache-control': full['cache-control'],
        'cache-status': 'outboundbot-gateway; hit; ttl=3',
        age: '1',
      });
      expect(headers['x-request-id']).toBeDefined();
      expect(headers).not.toHaveProperty('content-type');
    }
  });

  it('accepts weak entity tags, lists and * in If-None-Match', async () => {
    const { headers } = await get();
    const etag = headers['etag']!;
    for (const value of [`W/${etag}`, `"other", ${etag}`, '*'])
      await get().set('if-none-match', value).expect(304);
    for (const value of ['"other"', etag.slice(1, -1), ''])
      await get().set('if-none-match', value).expect(200);
  });

  it('answers 200 with a new entity tag when the instance has changed', async () => {
    const { headers } = await get();
    stack.emulator.instances.put({ InstanceId: SAMPLE_ID, InstanceName: 'renamed' });
    stack.gateway.clock.advance(FRESH_MS + STALE_WHILE_REVALIDATE_MS);
    const { body, headers: changed } = await get().set('if-none-match', headers['etag']!).expect(200);
    expect(body).toMatchObject({ instanceName: 'renamed' });
    expect(changed['etag']).not.toBe(headers['etag']);
  });

  it('answers 404 for an instance that does not exist, even with If-None-Match: *', async () => {
    await get('/instances/nope').set('if-none-match', '*').expect(404);
  });
});
