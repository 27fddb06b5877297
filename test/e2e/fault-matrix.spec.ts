import { OutboundBotClient } from '@app/outboundbot-client';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import type { Fault } from '../../apps/outboundbot-emulator/src/start-emulator.js';
import { startStack } from '../support/gateway.js';

const DEADLINE_MS = 250;
const SETTINGS = {
  UPSTREAM_DEADLINE_MS: String(DEADLINE_MS),
  UPSTREAM_ATTEMPT_TIMEOUT_MS: '100',
  UPSTREAM_BREAKER_FAILURE_RATIO: '0',
  UPSTREAM_RETRY_BUDGET_RATIO: '10',
};
const FRESH_MS = 5000;
const STALE_WHILE_REVALIDATE_MS = 30_000;
const STALE_IF_ERROR_MS = 300_000;

const error = (code: string, more: object = {}): Fault => ({ kind: 'error', code, ...more });

/** What each fault costs an id of which nothing is known: status, code, upstream calls. */
const FAULTS: readonly (readonly [
  name: string,
  fault: Fault,
  status: number,
  code: string,
  calls: number,
])[] = [
  ['InternalError', error('InternalError'), 502, 'upstream-error', 3],
  ['InternalError in band', error('InternalError', { inBand: true }), 502, 'upstream-error', 3],
  ['InternalError in XML', error('InternalError', { format: 'xml' }), 502, 'upstream-error', 3],
  ['ServiceUnavailable', error('ServiceUnavailable'), 503, 'upstream-unavailable', 3],
  ['throttling', error('Throttling.User'), 503, 'upstream-throttled', 3],
  ['SystemBusy', error('SystemBusy'), 503, 'upstream-unavailable', 3],
  [
    'an error that asks to wait',
    error('InternalError', { retryAfter: '60000' }),
    503,
    'upstream-throttled',
    1,
  ],
  ['a quota that is used up', { kind: 'quota', calls: 0, windowMs: 60_000 }, 503, 'upstream-throttled', 1],
  ['throttling for long', error('Throttling', { retryAfter: '60000' }), 503, 'upstream-throttled', 1],
  ['a refusal', error('Forbidden.RAM'), 502, 'upstream-refused', 1],
  ['a refusal with 404', error('InvalidAccessKeyId.NotFound'), 502, 'upstream-refused', 1],
  ['an expired token', error('InvalidSecurityToken.Expired'), 502, 'upstream-refused', 2],
  ['HTML', { kind: 'body', body: '<html></html>' }, 502, 'upstream-invalid-response', 1],
  ['HTML with 502', { kind: 'body', status: 502, body: '<html></html>' }, 502, 'upstream-error', 3],
  ['a redirect', { kind: 'body', status: 302 }, 502, 'upstream-invalid-response', 1],
  ['a wrong shape', { kind: 'instance', instance: { InstanceId: 7 } }, 502, 'upstream-invalid-response', 1],
  [
    'another instance',
    { kind: 'instance', instance: { InstanceId: 'x' } },
    502,
    'upstream-invalid-response',
    1,
  ],
  ['too much', { kind: 'huge', bytes: 2_000_000 }, 502, 'upstream-invalid-response', 1],
  ['a reset', { kind: 'reset' }, 503, 'upstream-unavailable', 3],
  ['a reset in the body', { kind: 'reset', when: 'mid-body' }, 503, 'upstream-unavailable', 3],
  ['a truncated body', { kind: 'truncate' }, 503, 'upstream-unavailable', 3],
];
/** What networks and upstreams do that must not cost a caller anything. */
const BAD_HABITS: readonly (readonly [name: string, habit: Fault])[] = [
  ['connections forgotten by a reset', { kind: 'forget', afterMs: 0 }],
  ['connections forgotten by an end', { kind: 'forget', afterMs: 0, by: 'close' }],
  ['a connection forgotten in silence', { kind: 'forget', afterMs: 0, by: 'silence', times: 1 }],
  ['connections that are kept for a second', { kind: 'keep-alive', timeoutS: 1 }],
  ['gzip', { kind: 'compress', coding: 'gzip' }],
  ['deflate', { kind: 'compress', coding: 'deflate' }],
  ['deflate without a header', { kind: 'compress', coding: 'deflate-raw' }],
  ['br', { kind: 'compress', coding: 'br' }],
  ['a quota of three calls in 60 ms', { kind: 'quota', calls: 3, windowMs: 60 }],
];

/** These take as long as they are given, so how many attempts fit is a matter of the machine. */
const SLOW_FAULTS: readonly (readonly [name: string, fault: Fault])[] = [
  ['a hang', { kind: 'hang' }],
  ['a trickle', { kind: 'trickle', intervalMs: 20 }],
  ['trickled headers', { kind: 'trickle', intervalMs: 20, headers: true }],
  ['latency', { kind: 'latency', ms: 5000 }],
];

let stack: Awaited<ReturnType<typeof startStack>>;
beforeAll(async () => {
  stack = await startStack(SETTINGS);
});
afterAll(() => stack.close());

let serial = 0;
let id: string;
let resendsBefore = 0;
/** Calls that the upstream got, but for those that were sent a second time since their connection was dead. */
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

/** Lets the instance be read once, and forgets that call. */
async function warmUp(): Promise<void> {
  expect((await ask()).status).toBe(200);
  stack.emulator.calls.clear();
  resendsBefore = stack.gateway.app.get(OutboundBotClient).resends;
}

describe.each(FAULTS)('%s', (_, fault, status, code, calls) => {
  it(`is ${status} ${code} for a cold id, after ${calls} call(s)`, async () => {
    stack.emulator.faults.add(fault);
    const { status: got, headers, body } = await ask();
    expect(got).toBe(status);
    expect(body).toMatchObject({ code, upstream: { attempts: calls } });
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('cache-status')).toBe('outboundbot-gateway; fwd=miss');
    expect(headers.get('retry-after') !== null).toBe(status === 503);
    expect(attempts()).toBe(calls);
  });

  it('does not touch a fresh one', async () => {
    await warmUp();
    stack.emulator.faults.add(fault);
    const { status: got, headers } = await ask();
    expect(got).toBe(200);
    expect(headers.get('cache-status')).toMatch(/^outboundbot-gateway; hit; ttl=[0-5]$/);
    expect(stack.emulator.calls.count()).toBe(0);
  });

  it('shows a stale one at once while it fails in the background', async () => {
    await warmUp();
    stack.emulator.faults.add(fault);
    stack.gateway.clock.advance(FRESH_MS + 1000);
    const { status: got, headers } = await ask();
    expect(got).toBe(200);
    expect(headers.get('age')).toBe('6');
    expect(headers.get('cache-status')).toMatch(/^outboundbot-gateway; hit; ttl=-[12]$/);
    await expect.poll(() => attempts()).toBe(calls);
  });

  it('gives an older one after all, with its age', async () => {
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

  it('is an error again for one that is too old', async () => {
    await warmUp();
    stack.emulator.faults.add(fault);
    stack.gateway.clock.advance(FRESH_MS + STALE_IF_ERROR_MS);
    const { status: got, headers, body } = await ask();
    expect(got).toBe(status);
    expect(body).toMatchObject({ code });
    expect(headers.get('cache-status')).toBe('outboundbot-gateway; fwd=stale');
  });

  it('does not touch what is known to be missing, until that is old', async () => {
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

describe.each(BAD_HABITS)('%s', (_, habit) => {
  it('cost no caller anything: cold, stale, or expired', async () => {
    stack.emulator.faults.add(habit);
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

  it('do not make a missing instance anything else', async () => {
    stack.emulator.instances.delete(id);
    stack.emulator.faults.add(habit);
    for (let n = 0; n < 3; n += 1) {
      expect(await ask()).toMatchObject({ status: 404, body: { code: 'instance-not-found' } });
      stack.gateway.clock.advance(2000);
    }
  });
});

describe.each(SLOW_FAULTS)('%s', (_, fault) => {
  it('is 504 upstream-timeout for a cold id, at the deadline', async () => {
    stack.emulator.faults.add(fault);
    const { status, body, tookMs } = await ask();
    expect(status).toBe(504);
    expect(body).toMatchObject({ code: 'upstream-timeout' });
    expect(tookMs).toBeGreaterThan(DEADLINE_MS - 50);
  });

  it('holds up neither a fresh answer nor a stale one that is being refreshed', async () => {
    await warmUp();
    stack.emulator.faults.add(fault);
    expect(await ask()).toMatchObject({ status: 200 });
    stack.gateway.clock.advance(FRESH_MS);
    const { status, headers } = await ask();
    expect(status).toBe(200);
    // Had it waited for the refresh, it would say that it forwarded.
    expect(headers.get('cache-status')).toMatch(/^outboundbot-gateway; hit; ttl=-?\d$/);
  });

  it('gives an older answer after all, at the deadline', async () => {
    await warmUp();
    stack.emulator.faults.add(fault);
    stack.gateway.clock.advance(FRESH_MS + STALE_WHILE_REVALIDATE_MS);
    const { status, headers, tookMs } = await ask();
    expect(status).toBe(200);
    expect(headers.get('cache-status')).toContain('fwd=stale; ttl=-');
    expect(tookMs).toBeGreaterThan(DEADLINE_MS - 50);
  });
});

describe('any schedule of faults', () => {
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
      fault: fc.constantFrom(...[...FAULTS, ...BAD_HABITS].map(([, fault]) => fault)),
      times: fc.integer({ min: 1, max: 4 }),
    }),
    fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 200_000 }) }),
    fc.record({ do: fc.constant('ask' as const), callers: fc.integer({ min: 1, max: 4 }) }),
    fc.constant({ do: 'delete' as const }),
    fc.constant({ do: 'create' as const }),
    fc.constant({ do: 'heal' as const }),
  );

  it('never ends in a 500, an unknown field, a wrong age, too many calls, or the return of what is gone', async () => {
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
          // One flight for all callers, and perhaps one refresh that an earlier step began. Each attempt may meet a dead
          // connection once.
          expect(stack.emulator.calls.count() - callsBefore).toBeLessThanOrEqual(12);
        }
      }),
      { numRuns: 40, seed: 20191226 },
    );
  }, 120_000);
});
