import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { Deadline } from './deadline.js';
import { type Attempted, retry, type RetryOptions } from './retry.js';
import { RetryBudget } from './retry-budget.js';
import { FakeClock } from './testing/fake-clock.js';

const OPTIONS: RetryOptions = { maxAttempts: 3, attemptTimeoutMs: 2000, baseMs: 100, capMs: 1000 };
const success: Attempted = { retry: 'never' };
const failure: Attempted = { retry: 'backoff' };
const throttled: Attempted = { retry: 'longer-backoff' };

/** Runs `retry` with these outcomes. Each attempt takes `tookMs`, and each jitter is half of its ceiling. */
async function run(
  outcomes: readonly Attempted[],
  { deadlineMs = 5000, tookMs = 10, options = {}, random = (): number => 0.5 } = {},
) {
  const clock = new FakeClock(1_000_000, { autoAdvance: true });
  const timeouts: number[] = [];
  const left = [...outcomes];
  const result = await retry(
    (timeoutMs) => {
      timeouts.push(timeoutMs);
      clock.advance(Math.min(tookMs, timeoutMs));
      return Promise.resolve(left.shift() ?? failure);
    },
    Deadline.after(deadlineMs, clock),
    { ...OPTIONS, ...options },
    {
      clock,
      random,
      budget: new RetryBudget(1),
      refundsRetry: ({ retry }) => retry === 'never',
      shouldContinue: () => true,
    },
  );
  return { ...result, timeouts, sleeps: clock.sleeps, tookMs: clock.now() - 1_000_000 };
}

describe('retry', () => {
  it('makes only one attempt if the first one succeeds', async () => {
    const { attempts, sleeps } = await run([success]);
    expect(attempts).toStrictEqual([success]);
    expect(sleeps).toStrictEqual([]);
  });

  it('tries again after growing waits, and stops at success', async () => {
    const { outcome, attempts, sleeps } = await run([failure, failure, success]);
    expect(outcome).toBe(success);
    expect(attempts).toHaveLength(3);
    expect(sleeps).toStrictEqual([50, 100]);
  });

  it('returns the last outcome when all attempts are used', async () => {
    const last: Attempted = { retry: 'backoff' };
    const { outcome, attempts } = await run([failure, failure, last]);
    expect(outcome).toBe(last);
    expect(attempts).toHaveLength(3);
  });

  it('does not retry if only one attempt is allowed', async () => {
    expect((await run([failure], { options: { maxAttempts: 1 } })).attempts).toHaveLength(1);
  });

  it('retries only once for outcomes that ask for one retry', async () => {
    const once: Attempted = { retry: 'once' };
    expect((await run([once, once, success])).attempts).toHaveLength(2);
    expect(
      (await run([once, failure, once, success], { options: { maxAttempts: 9 } })).attempts,
    ).toHaveLength(3);
  });

  it('waits longer after throttling', async () => {
    expect((await run([throttled, success])).sleeps).toStrictEqual([250]);
  });

  it('waits as long as the upstream asks, plus the jitter', async () => {
    const told: Attempted = { retry: 'longer-backoff', retryAfterMs: 700 };
    expect((await run([told, success])).sleeps).toStrictEqual([950]);
  });

  it('returns at once when the upstream asks for a wait beyond the deadline', async () => {
    const told: Attempted = { retry: 'longer-backoff', retryAfterMs: 30_000 };
    const { outcome, sleeps, tookMs } = await run([told, success]);
    expect(outcome).toBe(told);
    expect(sleeps).toStrictEqual([]);
    expect(tookMs).toBe(10);
  });

  it('limits an attempt to its own time-out, or to the time left if that is shorter', async () => {
    const { timeouts } = await run([failure, failure, failure], { deadlineMs: 4500, tookMs: 2000 });
    expect(timeouts).toStrictEqual([2000, 2000, 350]);
  });

  it('starts no attempt when too little time is left', async () => {
    const { timeouts, tookMs } = await run([failure, failure], { deadlineMs: 2069, tookMs: 2000 });
    expect(timeouts).toStrictEqual([2000]);
    expect(tookMs).toBe(2000);
  });

  it('makes no further attempt when shouldContinue returns false, and refunds the unused retry', async () => {
    const clock = new FakeClock();
    const budget = new RetryBudget(0);
    let sensible = true;
    const dependencies = {
      clock,
      random: () => 0.5,
      budget,
      refundsRetry: () => false,
      shouldContinue: () => sensible,
    };
    const ask = () =>
      retry(() => Promise.resolve(failure), Deadline.after(5000, clock), OPTIONS, dependencies);
    const running = ask();
    await expect.poll(() => clock.sleeps).toStrictEqual([50]);
    sensible = false;
    clock.advance(50);
    expect((await running).attempts).toHaveLength(1);
    expect((await ask()).attempts).toHaveLength(1);
    expect(clock.sleeps).toHaveLength(1);
    let left = 0;
    while (budget.withdraw()) left += 1;
    expect(left).toBe(100);
  });

  it('rejects with the exception of an attempt, and does not retry it', async () => {
    const clock = new FakeClock(0, { autoAdvance: true });
    let calls = 0;
    const defect = new Error('defect');
    const running = retry(
      () => {
        calls += 1;
        return Promise.reject(defect);
      },
      Deadline.after(5000, clock),
      OPTIONS,
      {
        clock,
        random: Math.random,
        budget: new RetryBudget(1),
        refundsRetry: () => true,
        shouldContinue: () => true,
      },
    );
    await expect(running).rejects.toBe(defect);
    expect(calls).toBe(1);
  });

  it('never exceeds maxAttempts or the deadline, whatever the outcomes are', async () => {
    const outcome = fc.record({
      retry: fc.constantFrom('never', 'once', 'backoff', 'longer-backoff'),
      retryAfterMs: fc.nat(3000),
    }) satisfies fc.Arbitrary<Attempted>;
    await fc.assert(
      fc.asyncProperty(
        fc.array(outcome, { maxLength: 12 }),
        fc.integer({ min: 1, max: 10_000 }),
        fc.nat(3000),
        fc.integer({ min: 1, max: 10 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        async (outcomes, deadlineMs, tookMs, maxAttempts, random) => {
          const result = await run(outcomes, {
            deadlineMs,
            tookMs,
            options: { maxAttempts },
            random: () => random,
          });
          expect(result.attempts.length).toBeLessThanOrEqual(maxAttempts);
          expect(result.tookMs).toBeLessThanOrEqual(deadlineMs + 1e-6);
          expect(result.timeouts.every((ms) => ms >= 1 && ms <= OPTIONS.attemptTimeoutMs)).toBe(true);
          expect(result.outcome).toBe(result.attempts.at(-1));
          const beforeLast = result.attempts.slice(0, -1);
          expect(beforeLast.every(({ retry }) => retry !== 'never')).toBe(true);
        },
      ),
    );
  });

  it('allows one retry for an outcome that asks for one, even after other retries', async () => {
    const once: Attempted = { retry: 'once' };
    expect((await run([failure, once, success])).attempts).toStrictEqual([failure, once, success]);
  });

  it('starts an attempt that has exactly the shortest useful time', async () => {
    // 2000 ms for the first attempt, 50 ms of backoff, and 20 ms that are left.
    const { timeouts } = await run([failure, failure], { deadlineMs: 2070, tookMs: 2000 });
    expect(timeouts).toStrictEqual([2000, 20]);
  });

  it.each([
    ['gets its token back when it helped', success, 100],
    ['costs a token when it did not help', failure, 99],
  ])('a retry %s', async (_, second, expected) => {
    const clock = new FakeClock(0, { autoAdvance: true });
    const budget = new RetryBudget(0);
    const left = [failure, second];
    await retry(
      () => Promise.resolve(left.shift()!),
      Deadline.after(5000, clock),
      { ...OPTIONS, maxAttempts: 2 },
      {
        clock,
        random: () => 0.5,
        budget,
        refundsRetry: (outcome) => outcome.retry === 'never',
        shouldContinue: () => true,
      },
    );
    let tokens = 0;
    while (budget.withdraw()) tokens += 1;
    expect(tokens).toBe(expected);
  });
});
