import { describe, expect, it } from 'vitest';

import type { BreakerVote } from './circuit-breaker.js';
import type { Attempted } from './retry.js';
import { FakeClock } from './testing/fake-clock.js';
import { oneCaller } from './testing/one-caller.js';
import { UpstreamPolicies, type UpstreamPoliciesOptions } from './upstream-policies.js';

const OPTIONS: UpstreamPoliciesOptions = {
  deadlineMs: 5000,
  retry: { maxAttempts: 3, attemptTimeoutMs: 2000, baseMs: 100, capMs: 1000 },
  retryBudgetRatio: 0.1,
  concurrency: { maxConcurrency: 10, maxQueue: 10 },
  breaker: { failureRatio: 0.5, minRequests: 10, windowMs: 10_000, openMs: 5000 },
};
const failure: Attempted = { retry: 'backoff' };
const success: Attempted = { retry: 'never' };

function setUp(options: Partial<UpstreamPoliciesOptions> = {}) {
  const clock = new FakeClock(0, { autoAdvance: true });
  const refundsRetry = (outcome: Attempted): boolean => outcome.retry === 'never';
  const voteOf = (outcome: Attempted, cutShort: boolean): BreakerVote =>
    refundsRetry(outcome) ? 'success' : cutShort ? 'ignored' : 'failure';
  const policies = new UpstreamPolicies({ ...OPTIONS, ...options }, clock, () => 0.5);
  const ask = (outcome: Attempted, deadlineMs = 5000, caller = oneCaller('caller', clock, deadlineMs)) =>
    policies.execute({
      attempt: () => Promise.resolve(outcome),
      classifier: { voteOf, refundsRetry },
      callers: caller.callers,
    });
  return { clock, ask, policies, voteOf, refundsRetry };
}

describe('UpstreamPolicies', () => {
  it('retries, and reports every call', async () => {
    const { ask } = setUp();
    expect(await ask(failure)).toStrictEqual({ outcome: failure, attempts: [failure, failure, failure] });
    expect(await ask(success)).toStrictEqual({ outcome: success, attempts: [success] });
  });

  it('makes at most 1.25 calls per request over 1000 requests while the upstream is down, without the breaker', async () => {
    const { ask } = setUp({ breaker: { ...OPTIONS.breaker, failureRatio: 0 } });
    let calls = 0;
    for (let n = 0; n < 1000; n += 1) calls += (await ask(failure)).attempts.length;
    expect(calls).toBeLessThanOrEqual(1250);
    expect(calls).toBeGreaterThan(1100);
  });

  it('stops calling when the breaker opens, also in the middle of the retries', async () => {
    const { ask } = setUp();
    for (let n = 0; n < 3; n += 1) await ask(failure);
    expect(await ask(failure)).toStrictEqual({ outcome: failure, attempts: [failure] });
    expect(await ask(failure)).toMatchObject({ outcome: { by: 'breaker' }, attempts: [] });
  });

  it('does not count attempts that the deadline cut short as failures of the upstream', async () => {
    const { ask } = setUp();
    for (let n = 0; n < 50; n += 1) await ask(failure, 500);
    expect((await ask(success)).outcome).toBe(success);
  });

  it('calls again when the breaker lets a probe through, and the probe closes the breaker', async () => {
    const { ask, clock } = setUp();
    for (let n = 0; n < 4; n += 1) await ask(failure);
    clock.advance(5000);
    expect((await ask(success)).outcome).toBe(success);
    expect((await ask(success)).attempts).toHaveLength(1);
  });

  it('makes no further attempt when no caller waits any more', async () => {
    const { ask, clock } = setUp();
    const caller = oneCaller('caller', clock);
    caller.leave();
    expect((await ask(failure, 5000, caller)).attempts).toHaveLength(1);
  });

  it('makes no call for a request that gets no slot', async () => {
    const { ask } = setUp({ concurrency: { maxConcurrency: 1, maxQueue: 0 } });
    const [served, turnedAway] = await Promise.all([ask(success), ask(success)]);
    expect(served.attempts).toHaveLength(1);
    expect(turnedAway).toMatchObject({
      outcome: { kind: 'rejected', by: 'concurrency-limit' },
      attempts: [],
    });
  });

  it('reports the figures of its policies', async () => {
    const { ask, policies } = setUp();
    const idle = { inFlight: 0, queued: 0, breaker: 'closed' };
    expect(policies.figures).toStrictEqual({
      ...idle,
      retries: { spent: 0, denied: 0 },
      rejections: { breaker: 0, 'concurrency-limit': 0 },
    });
    await ask(success);
    for (let n = 0; n < 4; n += 1) await ask(failure);
    expect(policies.figures).toMatchObject({
      ...idle,
      breaker: 'open',
      rejections: { breaker: 1, 'concurrency-limit': 0 },
    });
  });

  it('counts the calls that the concurrency limit rejects', async () => {
    const { ask, policies } = setUp({ concurrency: { maxConcurrency: 1, maxQueue: 0 } });
    await Promise.all([ask(success), ask(success), ask(success)]);
    expect(policies.figures.rejections).toStrictEqual({ breaker: 0, 'concurrency-limit': 2 });
  });

  it('refunds the budget for a retry that helped', async () => {
    const { policies, clock, voteOf, refundsRetry } = setUp({
      retryBudgetRatio: 0,
      breaker: { ...OPTIONS.breaker, failureRatio: 0 },
    });
    for (let n = 0; n < 150; n += 1) {
      const left = [failure, success];
      const { attempts } = await policies.execute({
        attempt: () => Promise.resolve(left.shift()!),
        classifier: { voteOf, refundsRetry },
        callers: oneCaller('caller', clock, 5000).callers,
      });
      expect(attempts).toStrictEqual([failure, success]);
    }
    expect(policies.figures.retries).toStrictEqual({ spent: 150, denied: 0 });
  });

  it.each([
    ['the deadline less one attempt', 5000, 3000],
    ['half of the deadline if that is longer', 3000, 1500],
  ])('waits for a slot no longer than %s', async (_, deadlineMs, waitMs) => {
    const clock = new FakeClock();
    const options = { ...OPTIONS, concurrency: { maxConcurrency: 1, maxQueue: 1 } };
    const policies = new UpstreamPolicies(options, clock, () => 0.5);
    const execute = (attempt: () => Promise<Attempted>) =>
      policies.execute({
        attempt,
        classifier: { voteOf: () => 'success', refundsRetry: () => false },
        callers: oneCaller('caller', clock, deadlineMs).callers,
      });
    let end!: (outcome: Attempted) => void;
    const running = execute(() => new Promise((resolve) => (end = resolve)));
    const waiting = execute(() => Promise.resolve(success));
    expect(policies.figures).toMatchObject({ inFlight: 1, queued: 1 });
    clock.advance(waitMs - 1);
    await Promise.resolve();
    expect(policies.figures.queued).toBe(1);
    clock.advance(1);
    expect(await waiting).toMatchObject({ outcome: { by: 'concurrency-limit' } });
    end(success);
    await running;
  });

  it.each([
    [1800, false],
    [1799, true],
  ])(
    'tells the classifier whether the deadline cut short an attempt with %i of 2000 ms: %s',
    async (ms, expected) => {
      const { policies, clock } = setUp();
      const cuts: boolean[] = [];
      await policies.execute({
        attempt: () => Promise.resolve(success),
        classifier: {
          voteOf: (_, cutShort) => {
            cuts.push(cutShort);
            return 'ignored';
          },
          refundsRetry: () => false,
        },
        callers: oneCaller('caller', clock, ms).callers,
      });
      expect(cuts).toStrictEqual([expected]);
    },
  );
});
