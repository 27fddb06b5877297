import { beforeEach, describe, expect, it } from 'vitest';

import { CircuitBreaker, type CircuitBreakerOptions, type Health } from './circuit-breaker.js';
import { FakeClock } from './fake-clock.js';

const OPTIONS: CircuitBreakerOptions = { failureRatio: 0.5, minRequests: 4, windowMs: 1000, openMs: 500 };

describe('CircuitBreaker', () => {
  let clock: FakeClock;
  let breaker: CircuitBreaker;
  beforeEach(() => {
    clock = new FakeClock(5000);
    breaker = new CircuitBreaker(OPTIONS, clock);
  });

  const call = (health: Health, on = breaker) =>
    on.run(
      () => Promise.resolve(health),
      (outcome) => outcome,
    );
  const calls = async (...healths: Health[]): Promise<void> => {
    for (const health of healths) await call(health);
  };
  /** A call that ends when it is told to. */
  const pending = () => {
    let end!: (health: Health) => void;
    const result = breaker.run(
      () => new Promise<Health>((resolve) => (end = resolve)),
      (outcome) => outcome,
    );
    return { result, end };
  };

  it('lets everything through while the upstream is well', async () => {
    await calls(...Array<Health>(50).fill('healthy'));
    expect(breaker.state).toBe('closed');
    expect(await call('healthy')).toBe('healthy');
  });

  it('opens when enough calls fail, and says when it will let probes through', async () => {
    await calls('healthy', 'sick', 'healthy', 'sick');
    expect(breaker.state).toBe('open');
    clock.advance(100);
    expect(await call('healthy')).toStrictEqual({
      kind: 'rejected',
      by: 'breaker',
      retry: 'never',
      retryAfterMs: 400,
    });
  });

  it('stays closed on few calls, and on few failures', async () => {
    await calls('sick', 'sick', 'sick');
    expect(breaker.state).toBe('closed');
    breaker = new CircuitBreaker(OPTIONS, clock);
    await calls('healthy', 'healthy', 'healthy', 'sick', 'healthy');
    expect(breaker.state).toBe('closed');
  });

  it('does not count what says nothing about health', async () => {
    await calls(...Array<Health>(50).fill('unknown'), 'sick', 'sick', 'sick');
    expect(breaker.state).toBe('closed');
  });

  it('forgets what is older than its window', async () => {
    await calls('sick', 'sick', 'sick');
    clock.advance(1000);
    await calls('sick');
    expect(breaker.state).toBe('closed');
  });

  it('closes when a probe succeeds, with a clean slate', async () => {
    await calls('sick', 'sick', 'sick', 'sick');
    clock.advance(500);
    expect(breaker.state).toBe('half-open');
    expect(await call('healthy')).toBe('healthy');
    expect(breaker.state).toBe('closed');
    await calls('sick', 'sick', 'sick');
    expect(breaker.state).toBe('closed');
  });

  it('opens again for the whole time when a probe fails', async () => {
    await calls('sick', 'sick', 'sick', 'sick');
    clock.advance(500);
    await call('sick');
    expect(breaker.state).toBe('open');
    clock.advance(499);
    expect(await call('healthy')).toMatchObject({ by: 'breaker' });
  });

  it('lets a few probes through at once, and no more', async () => {
    await calls('sick', 'sick', 'sick', 'sick');
    clock.advance(500);
    const probes = [pending(), pending(), pending()];
    expect(await call('healthy')).toMatchObject({ by: 'breaker', retryAfterMs: 500 });
    for (const { end } of probes) end('unknown');
    await Promise.all(probes.map(({ result }) => result));
    expect(await call('healthy')).toBe('healthy');
  });

  it('learns nothing from calls that began before it opened', async () => {
    const late = pending();
    await calls('sick', 'sick', 'sick', 'sick');
    clock.advance(500);
    late.end('healthy');
    await late.result;
    expect(breaker.state).toBe('half-open');
  });

  it('gives a place back when a probe ends in a defect', async () => {
    await calls('sick', 'sick', 'sick', 'sick');
    clock.advance(500);
    for (let n = 0; n < 5; n += 1) {
      await expect(
        breaker.run(
          () => Promise.reject(new Error('defect')),
          () => 'sick',
        ),
      ).rejects.toThrow('defect');
    }
    expect(await call('healthy')).toBe('healthy');
  });

  it.each([0, 1.5])('never opens with the ratio %d', async (failureRatio) => {
    breaker = new CircuitBreaker({ ...OPTIONS, failureRatio }, clock);
    await calls(...Array<Health>(100).fill('sick'));
    expect(breaker.state).toBe('closed');
  });
});
