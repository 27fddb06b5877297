import { beforeEach, describe, expect, it } from 'vitest';

import { type BreakerVote, CircuitBreaker, type CircuitBreakerOptions } from './circuit-breaker.js';
import { FakeClock } from './testing/fake-clock.js';

const OPTIONS: CircuitBreakerOptions = { failureRatio: 0.5, minRequests: 4, windowMs: 1000, openMs: 500 };

describe('CircuitBreaker', () => {
  let clock: FakeClock;
  let breaker: CircuitBreaker;
  beforeEach(() => {
    clock = new FakeClock(5000);
    breaker = new CircuitBreaker(OPTIONS, clock);
  });

  const call = (vote: BreakerVote, on = breaker) =>
    on.run(
      () => Promise.resolve(vote),
      (outcome) => outcome,
    );
  const calls = async (...votes: BreakerVote[]): Promise<void> => {
    for (const vote of votes) await call(vote);
  };
  /** A call that ends when the test calls `end`. */
  const pending = () => {
    let end!: (vote: BreakerVote) => void;
    const result = breaker.run(
      () => new Promise<BreakerVote>((resolve) => (end = resolve)),
      (outcome) => outcome,
    );
    return { result, end };
  };

  it('lets every call through while the upstream is healthy', async () => {
    await calls(...Array<BreakerVote>(50).fill('success'));
    expect(breaker.state).toBe('closed');
    expect(await call('success')).toBe('success');
  });

  it('opens when enough calls fail, and says when it will let probes through', async () => {
    await calls('success', 'failure', 'success', 'failure');
    expect(breaker.state).toBe('open');
    clock.advance(100);
    expect(await call('success')).toStrictEqual({
      kind: 'rejected',
      by: 'breaker',
      retry: 'never',
      retryAfterMs: 400,
    });
  });

  it('stays closed after few calls, and after few failures', async () => {
    await calls('failure', 'failure', 'failure');
    expect(breaker.state).toBe('closed');
    breaker = new CircuitBreaker(OPTIONS, clock);
    await calls('success', 'success', 'success', 'failure', 'success');
    expect(breaker.state).toBe('closed');
  });

  it('does not count outcomes that say nothing about the health of the upstream', async () => {
    await calls(...Array<BreakerVote>(50).fill('ignored'), 'failure', 'failure', 'failure');
    expect(breaker.state).toBe('closed');
  });

  it('forgets failures that are older than its window', async () => {
    await calls('failure', 'failure', 'failure');
    clock.advance(1000);
    await calls('failure');
    expect(breaker.state).toBe('closed');
  });

  it('closes when a probe succeeds, and forgets the earlier failures', async () => {
    await calls('failure', 'failure', 'failure', 'failure');
    clock.advance(500);
    expect(breaker.state).toBe('half-open');
    expect(await call('success')).toBe('success');
    expect(breaker.state).toBe('closed');
    await calls('failure', 'failure', 'failure');
    expect(breaker.state).toBe('closed');
  });

  it('opens again for the full openMs when a probe fails', async () => {
    await calls('failure', 'failure', 'failure', 'failure');
    clock.advance(500);
    await call('failure');
    expect(breaker.state).toBe('open');
    clock.advance(499);
    expect(await call('success')).toMatchObject({ by: 'breaker' });
  });

  it('lets at most three probes run at the same time', async () => {
    await calls('failure', 'failure', 'failure', 'failure');
    clock.advance(500);
    const probes = [pending(), pending(), pending()];
    expect(await call('success')).toMatchObject({ by: 'breaker', retryAfterMs: 500 });
    for (const { end } of probes) end('ignored');
    await Promise.all(probes.map(({ result }) => result));
    expect(await call('success')).toBe('success');
  });

  it('ignores the outcomes of calls that began before it opened', async () => {
    const late = pending();
    await calls('failure', 'failure', 'failure', 'failure');
    clock.advance(500);
    late.end('success');
    await late.result;
    expect(breaker.state).toBe('half-open');
  });

  it('does not open because of failed calls that began before it closed', async () => {
    const late = [pending(), pending(), pending(), pending()];
    await calls('failure', 'failure', 'failure', 'failure');
    clock.advance(500);
    await call('success');
    for (const { end } of late) end('failure');
    await Promise.all(late.map(({ result }) => result));
    expect(breaker.state).toBe('closed');
  });

  it('does not let more probes through when probes of an earlier half-open state end', async () => {
    await calls('failure', 'failure', 'failure', 'failure');
    clock.advance(500);
    const early = [pending(), pending(), pending()];
    early[0]!.end('failure');
    await early[0]!.result;
    clock.advance(500);
    for (const { end } of early) end('success');
    await Promise.all(early.map(({ result }) => result));
    expect(breaker.state).toBe('half-open');
    for (let n = 0; n < 3; n += 1) pending();
    expect(await call('success')).toMatchObject({ by: 'breaker' });
  });

  it('lets another probe through when a probe has ended with an exception', async () => {
    await calls('failure', 'failure', 'failure', 'failure');
    clock.advance(500);
    for (let n = 0; n < 5; n += 1) {
      await expect(
        breaker.run(
          () => Promise.reject(new Error('defect')),
          () => 'failure',
        ),
      ).rejects.toThrow('defect');
    }
    expect(await call('success')).toBe('success');
  });

  it.each([0, 1.5])('never opens with the ratio %d', async (failureRatio) => {
    breaker = new CircuitBreaker({ ...OPTIONS, failureRatio }, clock);
    await calls(...Array<BreakerVote>(100).fill('failure'));
    expect(breaker.state).toBe('closed');
  });
});
