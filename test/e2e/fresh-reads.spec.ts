import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';

import { SAMPLE_ID, startStack } from '../support/gateway.js';

let stack: Awaited<ReturnType<typeof startStack>>;
beforeEach(async () => {
  stack = await startStack();
});
afterEach(() => stack.close());

const calls = (): number => stack.emulator.calls.count();

describe.each([
  ['one instance', `/instances/${SAMPLE_ID}`],
  ['the list', `/instances?id=${SAMPLE_ID}`],
])('a request for %s', (_name, path) => {
  const get = (cacheControl?: string) => {
    const request = stack.gateway.http.get(path);
    return cacheControl === undefined ? request : request.set('cache-control', cacheControl);
  };

  it('with no-cache shows an edit at once, to 50 callers with one upstream call', async () => {
    // So long that all callers come within it on any machine.
    const { emulator, gateway, close } = await startStack({
      CACHE_FRESH_MS: '60000',
      CACHE_MIN_REVALIDATE_MS: '20000',
    });
    onTestFinished(close);
    const ask = (cacheControl?: string) => {
      const request = gateway.http.get(path);
      return cacheControl === undefined ? request : request.set('cache-control', cacheControl);
    };
    await ask().expect(200);
    emulator.instances.put({ ...emulator.instances.get(SAMPLE_ID)!, InstanceName: 'edited' });
    emulator.faults.add({ kind: 'latency', ms: 100 });
    gateway.clock.advance(20_001);
    expect((await ask()).text).not.toContain('edited');
    const answers = await Promise.all(Array.from({ length: 50 }, () => ask('no-cache')));
    for (const { text } of answers) expect(text).toContain('edited');
    expect(answers[0]!.headers['cache-status']).toMatch(/^outboundbot-gateway; (fwd=request|hit)/);
    expect(emulator.calls.count()).toBe(2);
    expect((await ask()).text).toContain('edited');
  });

  it('with no-cache gets an answer of the last second from the cache', async () => {
    await get();
    stack.gateway.clock.advance(900);
    const { headers } = await get('no-cache');
    expect(headers['cache-status']).toMatch(/; hit; ttl=4$/);
    expect(calls()).toBe(1);
  });

  it('with no-cache causes at most two upstream calls in a second', async () => {
    await get();
    for (let index = 0; index < 100; index += 1) {
      stack.gateway.clock.advance(10);
      await get('no-cache').expect(200);
    }
    expect(calls()).toBeLessThanOrEqual(1 + 2);
  });

  it('with max-age gets what is not older, and else a new answer', async () => {
    await get();
    stack.gateway.clock.advance(3000);
    expect((await get('max-age=4')).headers).toMatchObject({ age: '3' });
    expect((await get('max-age=2')).headers).not.toHaveProperty('age');
    expect(calls()).toBe(2);
  });

  it('with no-cache gets the old answer with its age if the upstream fails, and at most one call a second fails', async () => {
    await get();
    stack.emulator.faults.add({ kind: 'error', code: 'NoPermission' });
    stack.gateway.clock.advance(2000);
    for (let index = 0; index < 20; index += 1) {
      const { headers } = await get('no-cache').expect(200);
      expect(headers['age']).toBe('2');
    }
    expect(calls()).toBe(2);
    stack.gateway.clock.advance(1000);
    expect((await get('no-cache').expect(200)).headers).toMatchObject({
      age: '3',
      'cache-status': 'outboundbot-gateway; fwd=request; ttl=1',
    });
    expect(calls()).toBe(3);
  });

  it('with only-if-cached gets what is kept, without an upstream call', async () => {
    await get();
    stack.gateway.clock.advance(10_000);
    const { headers } = await get('only-if-cached').expect(200);
    expect(headers).toMatchObject({ age: '10', 'cache-status': 'outboundbot-gateway; hit; ttl=-6' });
    expect(calls()).toBe(1);
  });

  it('with only-if-cached gets 504 not-cached if nothing is kept', async () => {
    const { body, headers } = await get('only-if-cached').expect(504);
    expect(body).toMatchObject({ code: 'not-cached', status: 504 });
    expect(body).not.toHaveProperty('upstream');
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'cache-status': 'outboundbot-gateway; detail=only-if-cached',
    });
    expect(calls()).toBe(0);
  });
});

it('a request with no-cache for an instance that has just been made gets it', async () => {
  const path = '/instances/new';
  await stack.gateway.http.get(path).expect(404);
  stack.emulator.instances.put({ InstanceId: 'new' });
  stack.gateway.clock.advance(1001);
  await stack.gateway.http.get(path).expect(404);
  await stack.gateway.http.get(path).set('cache-control', 'no-cache').expect(200);
});
