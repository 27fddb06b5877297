import { describe, expect, it } from 'vitest';

import { RetryBudget } from './retry-budget.js';

/** How many retries the budget grants when each request asks for two retries, and no retry helps. */
function retriesInOutage(budget: RetryBudget, requests: number): number {
  let retries = 0;
  for (let n = 0; n < requests; n += 1) {
    budget.deposit();
    for (let retry = 0; retry < 2; retry += 1) if (budget.withdraw()) retries += 1;
  }
  return retries;
}

describe('RetryBudget', () => {
  it('grants at most its ratio of retries per request, and a burst of 100, while the upstream is down', () => {
    expect(retriesInOutage(new RetryBudget(0.1), 1000)).toBeLessThanOrEqual(200);
    expect(retriesInOutage(new RetryBudget(0.1), 10_000)).toBeLessThanOrEqual(1100);
    expect(retriesInOutage(new RetryBudget(0), 10_000)).toBe(100);
  });

  it('always lets a retry through while retries help', () => {
    const budget = new RetryBudget(0);
    for (let n = 0; n < 10_000; n += 1) {
      budget.deposit();
      expect(budget.withdraw()).toBe(true);
      budget.refund();
    }
  });

  it('never holds more tokens than the burst', () => {
    const budget = new RetryBudget(1);
    for (let n = 0; n < 10_000; n += 1) budget.deposit();
    expect(retriesInOutage(budget, 1)).toBe(2);
    for (let n = 0; n < 10_000; n += 1) budget.refund();
    let granted = 0;
    while (budget.withdraw()) granted += 1;
    expect(granted).toBe(100);
  });

  it('counts the retries that it has allowed and refused', () => {
    const budget = new RetryBudget(0);
    expect(budget.figures).toStrictEqual({ spent: 0, denied: 0 });
    retriesInOutage(budget, 51);
    expect(budget.figures).toStrictEqual({ spent: 100, denied: 2 });
  });
});
