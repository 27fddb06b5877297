import { setImmediate as promisesSettled } from 'node:timers/promises';

import { FakeClock } from '@app/resilience/testing';
import { describe, expect, it } from 'vitest';

import type { StateChange } from './operation-guard.js';
import { type StateReport, StateReports } from './state-reports.js';

const UP: StateChange = { state: 'up' };
const DOWN: StateChange = { state: 'down', operation: 'set', reason: 'OOM' };

function setUp() {
  const clock = new FakeClock();
  const reports: StateReport[] = [];
  const states = new StateReports((report) => reports.push(report), clock);
  const pass = async (ms: number): Promise<void> => {
    clock.advance(ms);
    await promisesSettled();
  };
  return { states, reports, pass };
}

describe('StateReports', () => {
  it('reports the first failure and its end at once', async () => {
    const { states, reports, pass } = setUp();
    states.change(DOWN);
    expect(reports).toStrictEqual([DOWN]);
    await pass(2000);
    states.change(UP);
    await pass(120_000);
    expect(reports).toStrictEqual([DOWN, UP]);
  });

  it('reports a Redis that fails again and again once a minute, with the number of changes', async () => {
    const { states, reports, pass } = setUp();
    for (let second = 0; second < 180; second += 1) {
      states.change(second % 2 === 0 ? DOWN : UP);
      await pass(1000);
    }
    expect(reports).toStrictEqual([
      DOWN,
      UP,
      { ...UP, changes: 58 },
      { ...UP, changes: 60 },
      { ...UP, changes: 60 },
    ]);
  });

  it('reports within a minute that a Redis which failed twice works again', async () => {
    const { states, reports, pass } = setUp();
    for (const change of [DOWN, UP, DOWN, UP]) states.change(change);
    await pass(59_999);
    expect(reports).toHaveLength(2);
    await pass(1);
    expect(reports.slice(2)).toStrictEqual([{ ...UP, changes: 2 }]);
  });

  it('reports at once again after a quiet minute', async () => {
    const { states, reports, pass } = setUp();
    states.change(DOWN);
    states.change(UP);
    await pass(60_000);
    states.change(DOWN);
    expect(reports).toStrictEqual([DOWN, UP, DOWN]);
  });

  it('reports nothing after it is closed', async () => {
    const { states, reports, pass } = setUp();
    for (const change of [DOWN, UP, DOWN]) states.change(change);
    states.close();
    await pass(120_000);
    expect(reports).toHaveLength(2);
  });
});
