import { OutboundBotClient } from '@app/outboundbot-client';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import type { Fault } from '../../apps/outboundbot-emulator/src/start-emulator.js';
import { startStack } from '../support/gateway.js';

const DEADLINE_MS = 500;
const SETTINGS = {
  UPSTREAM_DEADLINE_MS: String(DEADLINE_MS),
  UPSTREAM_ATTEMPT_TIMEOUT_MS: '200',
  UPSTREAM_BREAKER_FAILURE_RATIO: '0',
  UPSTREAM_RETRY_BUDGET_RATIO: '10',
};
const FRESH_MS = 5000;
const STALE_WHILE_REVALIDATE_MS = 30_000;
const STALE_IF_ERROR_MS = 300_000;

const error = (code: string, more: object = {}): Fault => ({ kind: 'error', code, ...more });

/** The answer to each fault when nothing is cached: status, code and upstream calls. */
const FAULTS: readonly (readonly [
  name: string,
  fault: Fault,
  status: number,
  code: string,
  calls: number,
])[] = [
  ['InternalError', error('InternalError'), 502, 'upstream-error', 3],
  ['InternalError inside a 200 response', error('InternalError', { inBand: true }), 502, 'upstream-error', 3],
  ['InternalError in XML', error('InternalError', { format: 'xml' }), 502, 'upstream-error', 3],
  ['ServiceUnavailable', error('ServiceUnavailable'), 503, 'upstream-unavailable', 3],
  ['Throttling.User', error('Throttling.User'), 503, 'upstream-throttled', 3],
  ['SystemBusy', error('SystemBusy'), 503, 'upstream-unavailable', 3],
  [
    'InternalError with x-acs-retry-after',
    error('InternalError', { retryAfter: '60000' }),
    503,
    'upstream-throttled',
    1,
  ],
  ['an exhausted quota', { kind: 'quota', calls: 0, windowMs: 60_000 }, 503, 'upstream-throttled', 1],
  [
    'Throttling with a long x-acs-retry-after',
    error('Throttling', { retryAfter: '60000' }),
    503,
    'upstream-throttled',
    1,
  ],
  ['Forbidden.RAM', error('Forbidden.RAM'), 502, 'upstream-refused', 1],
  ['InvalidAccessKeyId.NotFound with 404', error('InvalidAccessKeyId.NotFound'), 502, 'upstream-refused', 1],
  ['an expired security token', error('InvalidSecurityToken.Expired'), 502, 'upstream-refused', 2],
  ['HTML with 200', { kind: 'body', body: '<html></html>' }, 502, 'upstream-invalid-response', 1],
  ['HTML with 502', { kind: 'body', status: 502, body: '<html></html>' }, 502, 'upstream-error', 3],
  ['a redirect', { kind: 'body', status: 302 }, 502, 'upstream-invalid-response', 1],
  [
    'an instance of the wrong shape',
    { kind: 'instance', instance: { InstanceId: 7 } },
    502,
    'upstream-invalid-response',
    1,
  ],
  [
    'the instance of another id',
    { kind: 'instance', instance: { InstanceId: 'x' } },
    502,
    'upstream-invalid-response',
    1,
  ],
  ['a body above the size limit', { kind: 'huge', bytes: 2_000_000 }, 502, 'upstream-invalid-response', 1],
  ['a connection reset before the headers', { kind: 'reset' }, 503, 'upstream-unavailable', 3],
  ['a connection reset in the body', { kind: 'reset', when: 'mid-body' }, 503, 'upstream-unavailable', 3],
  ['a body shorter than its Content-Length', { kind: 'truncate' }, 503, 'upstream-unavailable', 3],
];
/** Behaviours of networks and upstreams that cause no error for the caller. */
const HARMLESS_BEHAVIOURS: readonly (readonly [name: string, behaviour: Fault])[] = [
  ['an upstream that resets idle connections', { kind: 'forget', afterMs: 0 }],
  ['an upstream that ends idle connections', { kind: 'forget', afterMs: 0, by: 'close' }],
  [
    'an upstream that drops an idle connection without telling the gateway',
    { kind: 'forget', afterMs: 0, by: 'silence', times: 1 },
  ],
  ['an upstream that announces a Keep-Alive timeout of one second', { kind: 'keep-alive', timeoutS: 1 }],
  ['an upstream that sends gzip', { kind: 'compress', coding: 'gzip' }],
  ['an upstream that sends deflate', { kind: 'compress', coding: 'deflate' }],
  ['an upstream that sends raw deflate', { kind: 'compress', coding: 'deflate-raw' }],
  ['an upstream that sends br', { kind: 'compress', coding: 'br' }],
  ['an upstream with a quota of three calls in 60 ms', { kind: 'quota', calls: 3, windowMs: 60 }],
];

/** These faults last until a timeout, so the number of attempts depends on the machine. */
const SLOW_FAULTS: readonly (readonly [name: string, fault: Fault])[] = [
  ['an upstream that never answers', { kind: 'hang' }],
  ['an upstream that sends its body a few bytes at a time', { kind: 'trickle', intervalMs: 20 }],
  [
    'an upstream that sends its headers a few bytes at a time',
    { kind: 'trickle', intervalMs: 20, headers: true },
  ],
  ['an upstream that answers after five seconds', { kind: 'latency', ms: 5000 }],
];

let stack: Awaited<ReturnType<typeof startStack>>;
beforeAll(async () => {
  stack = await startStack(SETTINGS);
});
afterAll(() => stack.close());

let serial = 0;
let id: string;
let resendsBefore = 0;
/** The calls that the upstream received, without the resends on dead connections. */
const attempts = (): number =>
  stack.emulator.calls.count() - (stack.gateway.app.get(OutboundBotClient).resends - resendsBefore);
beforeEach(() => {
  resendsBefore = stack.gateway.app.get(OutboundBotClient).resends;
  stack.emulator.reset();
  stack.gateway.logLines.length = 0;
  serial += 1;
  id = `id-${serial}`;
  stack.emulator.instances.put({ InstanceId: id, InstanceName: 'kept' });
});

async function ask(): Promise<{
  status: number;
  headers: Headers;
  body: Record<string, unknown>;
  tookMs: number;
}> {
  const startedAt = performance.now();
  const response = await fetch(`${stack.gateway.url}/instances/${id}`);
  const body = (await response.json()) as Record<string, unknown>;
  return { status: response.status, headers: response.headers, body, tookMs: performance.now() - startedAt };
}

/** Reads the instance into the cache, and does not count that call. */
async function warmUp(): Promise<void> {
  expect((await ask()).status).toBe(200);
  stack.emulator.calls.clear();
  resendsBefore = stack.gateway.app.get(OutboundBotClient).resends;
}

describe.each(FAULTS)('the upstream fault "%s"', (_, fault, status, code, calls) => {
  it(`is answered ${status} ${code} after ${calls} call(s) when nothing is cached`, async () => {
    stack.emulator.faults.add(fault);
    const { status: got, headers, body } = await ask();
    expect(got).toBe(status);
    expect(body).toMatchObject({ code, upstream: { attempts: calls } });
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('cache-status')).toBe('outboundbot-gateway; fwd=miss');
    expect(headers.get('retry-after') !== null).toBe(status === 503);
    expect(attempts()).toBe(calls);
  });

  it('does not affect a fresh cache entry', async () => {
    await warmUp();
    stack.emulator.faults.add(fault);
    const { status: got, headers } = await ask();
    expect(got).toBe(200);
    expect(headers.get('cache-status')).toMatch(/^outboundbot-gateway; hit; ttl=[0-5]$/);
    expect(stack.emulator.calls.count()).toBe(0);
  });

  it('fails in the background within stale-while-revalidate while the stale entry is served at once', async () => {
    await warmUp();
    stack.emulator.faults.add(fault);
    stack.gateway.clock.advance(FRESH_MS + 1000);
    const { status: got, headers } = await ask();
    expect(got).toBe(200);
    expect(headers.get('age')).toBe('6');
    expect(headers.get('cache-status')).toMatch(/^outboundbot-gateway; hit; ttl=-[12]$/);
    await expect.poll(() => attempts()).toBe(calls);
  });

  it('is replaced by the stale entry with its Age within stale-if-error', async () => {
    await warmUp();
    stack.emulator.faults.add(fault);
    stack.gateway.clock.advance(FRESH_MS + STALE_WHILE_REVALIDATE_MS + 1000);
    const { status: got, headers, body } = await ask();
    expect(got).toBe(200);
    expect(body).toMatchObject({ instanceName: 'kept' });
    expect(headers.get('age')).toBe('36');
    expect(headers.get('cache-status')).toMatch(/^outboundbot-gateway; fwd=stale; ttl=-3[12]$/);
    expect(attempts()).toBe(calls);
  });

  it('is answered with the error after stale-if-error has passed', async () => {
    await warmUp();
    stack.emulator.faults.add(fault);
    stack.gateway.clock.advance(FRESH_MS + STALE_IF_ERROR_MS);
    const { status: got, headers, body } = await ask();
    expect(got).toBe(status);
    expect(body).toMatchObject({ code });
    expect(headers.get('cache-status')).toBe('outboundbot-gateway; fwd=stale');
  });

  it('does not affect a cached 404 until CACHE_NOT_FOUND_MS has passed', async () => {
    stack.emulator.instances.delete(id);
    expect((await ask()).status).toBe(404);
    stack.emulator.calls.clear();
    stack.emulator.faults.add(fault);
    expect(await ask()).toMatchObject({ status: 404, body: { code: 'instance-not-found' } });
    expect(stack.emulator.calls.count()).toBe(0);
    stack.gateway.clock.advance(2000);
    expect(await ask()).toMatchObject({ status, body: { code } });
  });
});

describe.each(HARMLESS_BEHAVIOURS)('%s', (_, behaviour) => {
  it('causes no error for a missing, stale or expired cache entry', async () => {
    stack.emulator.faults.add(behaviour);
    for (let n = 0; n < 3; n += 1) {
      stack.gateway.clock.advance(FRESH_MS + STALE_IF_ERROR_MS);
      expect(await ask()).toMatchObject({ status: 200, body: { instanceId: id } });
    }
    stack.emulator.instances.put({ InstanceId: id, InstanceName: 'new' });
    stack.gateway.clock.advance(FRESH_MS + 1000);
    expect(await ask()).toMatchObject({ status: 200, body: { instanceName: 'kept' } });
    await expect.poll(async () => (await ask()).body).toMatchObject({ instanceName: 'new' });
    expect(stack.gateway.logLines.filter((line) => line.includes('refresh failed'))).toStrictEqual([]);
  });

  it('does not change the 404 of an instance that does not exist', async () => {
    stack.emulator.instances.delete(id);
    stack.emulator.faults.add(behaviour);
    for (let n = 0; n < 3; n += 1) {
      expect(await ask()).toMatchObject({ status: 404, body: { code: 'instance-not-found' } });
      stack.gateway.clock.advance(2000);
    }
  });
});

describe.each(SLOW_FAULTS)('%s', (_, fault) => {
  it('is answered 504 upstream-timeout at the deadline when nothing is cached', async () => {
    stack.emulator.faults.add(fault);
    const { status, body, tookMs } = await ask();
    expect(status).toBe(504);
    expect(body).toMatchObject({ code: 'upstream-timeout' });
    expect(tookMs).toBeGreaterThan(DEADLINE_MS - 50);
  });

  it('delays neither a fresh answer nor a stale answer that is refreshed in the background', async () => {
    await warmUp();
    stack.emulator.faults.add(fault);
    expect(await ask()).toMatchObject({ status: 200 });
    stack.gateway.clock.advance(FRESH_MS);
    const { status, headers } = await ask();
    expect(status).toBe(200);
    // If the request had waited for the refresh, Cache-Status would say fwd=stale.
    expect(headers.get('cache-status')).toMatch(/^outboundbot-gateway; hit; ttl=-?\d$/);
  });

  it('is answered with the stale entry at the deadline within stale-if-error', async () => {
    await warmUp();
    stack.emulator.faults.add(fault);
    stack.gateway.clock.advance(FRESH_MS + STALE_WHILE_REVALIDATE_MS);
    const { status, headers, tookMs } = await ask();
    expect(status).toBe(200);
    expect(headers.get('cache-status')).toContain('fwd=stale; ttl=-');
    expect(tookMs).toBeGreaterThan(DEADLINE_MS - 50);
  });
});

describe('a random schedule of faults, requests and changes', () => {
  const KEYS = [
    'instanceId',
    'instanceName',
    'instanceDescription',
    'maxConcurrentConversation',
    'ownerName',
    'creatorId',
    'creatorName',
    'creationTime',
    'resourceGroupId',
  ];
  const OLDEST_S = (FRESH_MS + STALE_IF_ERROR_MS) / 1000;

  const step = fc.oneof(
    fc.record({
      do: fc.constant('fault' as const),
      fault: fc.constantFrom(...[...FAULTS, ...HARMLESS_BEHAVIOURS].map(([, fault]) => fault)),
      times: fc.integer({ min: 1, max: 4 }),
    }),
    fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 200_000 }) }),
    fc.record({ do: fc.constant('ask' as const), callers: fc.integer({ min: 1, max: 4 }) }),
    fc.constant({ do: 'delete' as const }),
    fc.constant({ do: 'create' as const }),
    fc.constant({ do: 'heal' as const }),
  );

  it('never causes a 500, an unknown field, a wrong Age, too many calls or a 200 for a deleted instance', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 25 }), async (steps) => {
        stack.emulator.reset();
        serial += 1;
        id = `schedule-${serial}`;
        stack.emulator.instances.put({ InstanceId: id });
        let knownGone = false;
        for (const next of steps) {
          if (next.do === 'fault') stack.emulator.faults.add({ ...next.fault, times: next.times });
          if (next.do === 'wait') stack.gateway.clock.advance(next.ms);
          if (next.do === 'delete') stack.emulator.instances.delete(id);
          if (next.do === 'create') {
            stack.emulator.instances.put({ InstanceId: id });
            knownGone = false;
          }
          if (next.do === 'heal') stack.emulator.faults.clear();
          if (next.do !== 'ask') continue;

          const callsBefore = stack.emulator.calls.count();
          for (const { status, headers, body } of await Promise.all(
            Array.from({ length: next.callers }, ask),
          )) {
            expect([200, 404, 502, 503, 504]).toContain(status);
            expect(headers.get('cache-status')).toMatch(/^outboundbot-gateway; (hit|fwd=(miss|stale))/);
            if (status === 200) {
              expect(knownGone).toBe(false);
              expect(Object.keys(body)).toStrictEqual(KEYS);
              const age = Number(headers.get('age') ?? 0);
              expect(age).toBeGreaterThanOrEqual(0);
              expect(age).toBeLessThanOrEqual(OLDEST_S);
            }
            if (status === 404) knownGone = true;
          }
          // At most one fetch for all callers, and one refresh from an earlier step. Each makes up to three attempts,
          // and each attempt may be resent once.
          expect(stack.emulator.calls.count() - callsBefore).toBeLessThanOrEqual(12);
        }
      }),
      { numRuns: 40, seed: 20191226 },
    );
  }, 120_000);
});
