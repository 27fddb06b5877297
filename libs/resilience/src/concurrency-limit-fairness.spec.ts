import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { Caller, Callers } from './callers.js';
import type { Clock } from './clock.js';
import { ConcurrencyLimit, type ConcurrencyLimitOptions } from './concurrency-limit.js';
import { Deadline } from './deadline.js';
import { isRejection } from './rejection.js';
import { FakeClock } from './testing/fake-clock.js';
import { oneCaller } from './testing/one-caller.js';

class TestTask {
  state: 'waiting' | 'running' | 'rejected' | 'done' = 'waiting';
  readonly callers: Callers;
  /** The flows of the callers that were rejected alone. */
  rejectedAlone = '';
  end = (): void => undefined;

  constructor(
    readonly flow: string,
    readonly number: number,
    private readonly clock: Clock,
  ) {
    this.callers = new Callers(this.caller(flow));
  }

  /** Has callers join, one for each letter. */
  join(flows: string): void {
    for (const flow of flows) this.callers.join(this.caller(flow));
  }

  /** Has all callers leave. */
  abandon(): void {
    for (const caller of this.callers.all) this.callers.leave(caller);
  }

  private caller(flow: string): Caller {
    return new Caller(flow, Deadline.after(1000, this.clock), () => (this.rejectedAlone += flow));
  }
}

/** Runs tasks under a limit, and remembers what became of each. */
class Run {
  readonly tasks: TestTask[] = [];
  private readonly clock = new FakeClock();
  private readonly limit: ConcurrencyLimit;

  constructor(options: ConcurrencyLimitOptions) {
    this.limit = new ConcurrencyLimit(options, this.clock);
  }

  get queued(): number {
    return this.limit.figures.queued;
  }

  get inFlight(): number {
    return this.limit.figures.inFlight;
  }

  async advance(ms: number): Promise<void> {
    this.clock.advance(ms);
    await settled();
  }

  /** One new task for each letter of `flows`. */
  async arrive(flows: string): Promise<void> {
    for (const flow of flows) {
      const task = new TestTask(flow, this.tasks.length, this.clock);
      this.tasks.push(task);
      const begin = () => {
        task.state = 'running';
        return new Promise<object>((resolve) => {
          task.end = () => {
            task.state = 'done';
            resolve({});
          };
        });
      };
      const { callers } = task;
      const maxWaitMs = ({ deadline }: Caller) => deadline.remainingMs();
      void this.limit.run(begin, { callers, maxWaitMs }).then((outcome) => {
        if (isRejection(outcome)) task.state = 'rejected';
      });
      await settled();
    }
  }

  /** Ends the longest running task of a flow. */
  async end(flow: string): Promise<void> {
    const task = this.in('running', flow)[0];
    if (!task) throw new Error(`no task of ${flow} runs`);
    task.end();
    await settled();
  }

  in(state: TestTask['state'], flow?: string): TestTask[] {
    return this.tasks.filter((task) => task.state === state && (flow === undefined || task.flow === flow));
  }

  /** The flows of the tasks in a state, sorted, for example `aab`. */
  flowsIn(state: TestTask['state']): string {
    return this.in(state)
      .map(({ flow }) => flow)
      .toSorted()
      .join('');
  }
}

/** Waits until every task that can continue has continued. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Ends one running task after the other, and tells the flows of the tasks that got the slot. */
async function serveAll(run: Run): Promise<string> {
  let served = '';
  while (run.in('waiting').length > 0) {
    const before = new Set(run.in('running'));
    await run.end(run.in('running')[0]!.flow);
    served += run.in('running').find((task) => !before.has(task))?.flow ?? '-';
  }
  return served;
}

describe('free slots', () => {
  it('go to waiting callers in turn, whatever the order of arrival', async () => {
    const run = new Run({ maxConcurrency: 1, maxQueue: 10 });
    await run.arrive('aaaaabbc');
    expect(await serveAll(run)).toBe('abcabaa');
  });

  it('go to the others until a caller that took all slots while alone holds half of them', async () => {
    const run = new Run({ maxConcurrency: 4, maxQueue: 20 });
    await run.arrive('aaaaaaaabbbbbb');
    expect(run.flowsIn('running')).toBe('aaaa');
    await run.end('a');
    await run.end('a');
    expect(run.flowsIn('running')).toBe('aabb');
    await run.end('a');
    expect(run.flowsIn('running')).toBe('aabb');
    await run.end('b');
    expect(run.flowsIn('running')).toBe('aabb');
  });

  it('all go to one caller while no other waits', async () => {
    const run = new Run({ maxConcurrency: 2, maxQueue: 10 });
    await run.arrive('abaaaaa');
    await run.end('b');
    expect(run.flowsIn('running')).toBe('aa');
    expect(await serveAll(run)).toBe('aaaa');
  });

  it('cost a caller no turn that it could not take because it held half of the slots', async () => {
    const run = new Run({ maxConcurrency: 2, maxQueue: 10 });
    await run.arrive('abaabbcc');
    await run.end('b');
    await run.end('b');
    await run.end('c');
    expect(run.flowsIn('running')).toBe('ab');
    await run.end('a');
    expect(run.flowsIn('running')).toBe('ab');
  });
});

describe('a full queue', () => {
  it('takes a task of a caller with few tasks in place of the newest task of the caller with most', async () => {
    const run = new Run({ maxConcurrency: 1, maxQueue: 4 });
    await run.arrive('aaaaa');
    const newest = run.tasks.at(-1)!;
    await run.arrive('b');
    expect(newest.state).toBe('rejected');
    expect(run.flowsIn('waiting')).toBe('aaab');
  });

  it('rejects the newcomers of the caller with most tasks', async () => {
    const run = new Run({ maxConcurrency: 1, maxQueue: 4 });
    await run.arrive('aaaaba');
    expect(run.tasks.at(-1)!.state).toBe('rejected');
    expect(run.flowsIn('waiting')).toBe('aaab');
  });

  it('is one half for each of two callers that both need more', async () => {
    const run = new Run({ maxConcurrency: 1, maxQueue: 4 });
    await run.arrive('aaaaabbbbb');
    expect(run.flowsIn('waiting')).toBe('aabb');
  });

  it('is all for one caller that is alone', async () => {
    const run = new Run({ maxConcurrency: 1, maxQueue: 4 });
    await run.arrive('aaaaaa');
    expect(run.flowsIn('waiting')).toBe('aaaa');
    expect(run.tasks.at(-1)!.state).toBe('rejected');
  });

  it('evicts an abandoned task before it pushes out a wanted one', async () => {
    const run = new Run({ maxConcurrency: 1, maxQueue: 4 });
    await run.arrive('aaaab');
    const abandoned = run.in('waiting', 'b')[0]!;
    abandoned.abandon();
    await run.arrive('c');
    expect(abandoned.state).toBe('rejected');
    expect(run.flowsIn('waiting')).toBe('aaac');
  });

  it('evicts an abandoned task at any place of a short queue as soon as a newcomer needs the place', async () => {
    const run = new Run({ maxConcurrency: 1, maxQueue: 3 });
    await run.arrive('aaaa');
    for (let n = 0; n < 12; n += 1) {
      const abandoned = run.in('waiting')[n % 3]!;
      abandoned.abandon();
      await run.arrive('a');
      expect(abandoned.state).toBe('rejected');
      expect(run.in('waiting')).toHaveLength(3);
    }
  });

  it('evicts a single abandoned task among a thousand after four newcomers at the latest', async () => {
    const run = new Run({ maxConcurrency: 1, maxQueue: 1000 });
    await run.arrive('a'.repeat(1001));
    run.tasks[700]!.abandon();
    await run.arrive('aaaa');
    expect(run.tasks[700]!.state).toBe('rejected');
    expect(run.in('waiting')).toHaveLength(1000);
    await run.arrive('a');
    expect(run.in('waiting')).toHaveLength(1000);
  });

  it('with a single place gives it to the caller with fewer slots, and not back', async () => {
    const run = new Run({ maxConcurrency: 4, maxQueue: 1 });
    await run.arrive('aaaaa');
    await run.arrive('b');
    expect(run.flowsIn('waiting')).toBe('b');
    await run.arrive('a');
    expect(run.flowsIn('waiting')).toBe('b');
    await run.arrive('c');
    expect(run.flowsIn('waiting')).toBe('b');
  });

  it('pushes out a task of the caller with more slots if two callers have equally many tasks', async () => {
    const run = new Run({ maxConcurrency: 3, maxQueue: 2 });
    await run.arrive('abbab');
    expect(run.flowsIn('waiting')).toBe('ab');
    await run.arrive('c');
    expect(run.flowsIn('waiting')).toBe('ac');
  });

  it('compares the slots that callers hold now, not those that they held when they came', async () => {
    const run = new Run({ maxConcurrency: 6, maxQueue: 4 });
    await run.arrive('aaabbcdeab');
    await run.end('a');
    await run.end('a');
    await run.arrive('fg');
    expect(run.flowsIn('running')).toBe('abbcde');
    expect(run.flowsIn('waiting')).toBe('abfg');
    await run.arrive('h');
    expect(run.flowsIn('waiting')).toBe('afgh');
  });

  it('that has no place at all leaves free slots to the first comer', async () => {
    const run = new Run({ maxConcurrency: 2, maxQueue: 0 });
    await run.arrive('aab');
    expect(run.flowsIn('rejected')).toBe('b');
    await run.end('a');
    await run.arrive('b');
    expect(run.flowsIn('running')).toBe('ab');
  });
});

describe('a task with callers of several flows', () => {
  it('is served by the first turn of any of them', async () => {
    const run = new Run({ maxConcurrency: 1, maxQueue: 10 });
    await run.arrive('aaaaab');
    run.tasks[4]!.join('b');
    run.tasks[4]!.join('c');
    await run.end('a');
    expect(run.tasks[1]!.state).toBe('running');
    await run.end('a');
    expect(run.tasks[5]!.state).toBe('running');
    await run.end('b');
    expect(run.tasks[4]!.state).toBe('running');
    expect(run.queued).toBe(2);
  });

  it('takes a turn of the flow that has served it, and no turn of the others', async () => {
    const run = new Run({ maxConcurrency: 1, maxQueue: 10 });
    await run.arrive('xaabbc');
    const [, firstOfA] = run.tasks;
    firstOfA!.join('c');
    await run.end('x');
    expect(firstOfA!.state).toBe('running');
    expect(await serveAll(run)).toBe('bcab');
  });

  it('gives a caller that joins the tasks of others no further turns', async () => {
    const run = new Run({ maxConcurrency: 1, maxQueue: 20 });
    await run.arrive('xaaabbb');
    await run.arrive('ccc');
    for (const task of run.in('waiting', 'a').slice(1)) task.join('c');
    // The flow of c has five claims, and one turn in each round.
    expect(await serveAll(run)).toBe('abcabcabc');
  });

  it('holds a slot of the flow that has served it', async () => {
    const run = new Run({ maxConcurrency: 2, maxQueue: 10 });
    await run.arrive('xyaaa');
    run.tasks[4]!.join('b');
    await run.end('x');
    await run.end('y');
    const [, , , last, shared] = run.tasks;
    expect(shared!.state).toBe('running');
    await run.arrive('bc');
    await run.end('a');
    expect(last!.state).toBe('running');
    // Half of the slots is one, which b holds for the shared task. So the next slot is for c.
    await run.end('a');
    expect(shared!.state).toBe('running');
    expect(run.flowsIn('running')).toBe('ac');
  });

  it('takes one turn for all callers of one flow', async () => {
    const run = new Run({ maxConcurrency: 1, maxQueue: 10 });
    await run.arrive('xaab');
    run.tasks[1]!.join('bbbb');
    expect(run.queued).toBe(3);
    expect(await serveAll(run)).toBe('aba');
  });

  it('keeps its place when the longest of its flows is pushed out of a full queue', async () => {
    const run = new Run({ maxConcurrency: 1, maxQueue: 4 });
    await run.arrive('xaaaa');
    const shared = run.tasks[4]!;
    shared.join('b');
    await run.arrive('c');
    expect(run.tasks[3]!.state).toBe('rejected');
    expect(shared.state).toBe('waiting');
    expect(shared.rejectedAlone).toBe('a');
    expect(run.queued).toBe(4);
  });

  it('cannot be kept in a full queue by two callers that ask for the same', async () => {
    const run = new Run({ maxConcurrency: 1, maxQueue: 4 });
    await run.arrive('xaaaa');
    for (const task of run.in('waiting')) task.join('b');
    await run.arrive('c');
    expect(run.flowsIn('waiting')).toBe('aaac');
    await run.arrive('c');
    expect(run.flowsIn('waiting')).toBe('aacc');
  });

  it('gets a place in a full queue if one of its flows has a right to it', async () => {
    const clock = new FakeClock();
    const limit = new ConcurrencyLimit({ maxConcurrency: 1, maxQueue: 2 }, clock);
    const endless = () => new Promise<object>(() => undefined);
    const start = (flows: readonly string[]) => {
      const [first, ...others] = flows.map((flow) => new Caller(flow, Deadline.after(1000, clock)));
      const callers = new Callers(first!);
      for (const caller of others) callers.join(caller);
      return limit.run(endless, { callers, maxWaitMs: () => 1000 });
    };
    const rejected: string[] = [];
    for (const flows of [['x'], ['a'], ['a'], ['a', 'b']])
      void start(flows).then(() => rejected.push(flows.join('')));
    await settled();
    expect(rejected).toStrictEqual(['a']);
    expect(limit.figures.queued).toBe(2);
  });

  it('waits as long as each caller may: the end of one wait leaves the others their places', async () => {
    const run = new Run({ maxConcurrency: 1, maxQueue: 10 });
    await run.arrive('xa');
    const shared = run.tasks[1]!;
    await run.advance(400);
    shared.join('ab');
    await run.advance(599);
    expect(shared.rejectedAlone).toBe('');
    await run.advance(1);
    expect(shared.rejectedAlone).toBe('a');
    await run.arrive('ab');
    await run.end('x');
    expect(shared.state).toBe('running');
    expect(shared.callers.all.map(({ flow }) => flow).join('')).toBe('ab');
  });

  it('is rejected when the last wait has ended', async () => {
    const run = new Run({ maxConcurrency: 1, maxQueue: 10 });
    await run.arrive('xa');
    const shared = run.tasks[1]!;
    await run.advance(400);
    shared.join('bb');
    await run.advance(999);
    expect(shared.state).toBe('waiting');
    await run.advance(1);
    expect(shared.state).toBe('rejected');
    expect(run.queued).toBe(0);
  });

  it('is evicted as abandoned only when the callers of all flows have left', async () => {
    const run = new Run({ maxConcurrency: 1, maxQueue: 2 });
    await run.arrive('xaa');
    const shared = run.tasks[2]!;
    const [first] = shared.callers.all;
    shared.join('b');
    shared.callers.leave(first!);
    await run.arrive('a');
    expect(shared.state).toBe('waiting');
    shared.abandon();
    await run.arrive('a');
    expect(shared.state).toBe('rejected');
  });

  it('takes no further claims when it runs', async () => {
    const run = new Run({ maxConcurrency: 1, maxQueue: 10 });
    await run.arrive('xa');
    await run.end('x');
    run.tasks[1]!.join('b');
    expect(run.queued).toBe(0);
  });
});

const FLOWS = ['a', 'b', 'c', 'd'];

const histories = fc.record({
  maxConcurrency: fc.integer({ min: 1, max: 6 }),
  maxQueue: fc.nat(8),
  steps: fc.array(
    fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom('a', 'a', ...FLOWS) },
      { weight: 2, arbitrary: fc.nat(100) },
    ),
    { maxLength: 80, size: 'max' },
  ),
});

/** Lets tasks arrive (a letter) and end (a number), and calls `check` with what each step has changed. */
async function replay(
  { steps, ...options }: { steps: (string | number)[] } & ConcurrencyLimitOptions,
  check: (change: {
    run: Run;
    waitingBefore: TestTask[];
    /** A task that has left the queue for a slot. */
    served: TestTask | undefined;
    rejected: TestTask | undefined;
    newcomer: TestTask | undefined;
  }) => void,
): Promise<void> {
  const run = new Run(options);
  for (const step of steps) {
    const waitingBefore = run.in('waiting');
    const rejectedBefore = new Set(run.in('rejected'));
    const running = run.in('running');
    if (typeof step === 'string') await run.arrive(step);
    else if (running.length > 0) await run.end(running[step % running.length]!.flow);
    check({
      run,
      waitingBefore,
      served: waitingBefore.find(({ state }) => state === 'running'),
      rejected: run.in('rejected').find((task) => !rejectedBefore.has(task)),
      newcomer: typeof step === 'string' ? run.tasks.at(-1) : undefined,
    });
  }
}

const of = (tasks: TestTask[], flow: string): TestTask[] => tasks.filter((task) => task.flow === flow);

describe('whatever arrives and ends', () => {
  it('no slot is free while a task waits, and neither limit is exceeded', async () => {
    await fc.assert(
      fc.asyncProperty(histories, (history) =>
        replay(history, ({ run }) => {
          const [running, waiting] = [run.in('running').length, run.in('waiting').length];
          expect(running).toBeLessThanOrEqual(history.maxConcurrency);
          expect(waiting).toBeLessThanOrEqual(history.maxQueue);
          if (waiting > 0) expect(running).toBe(history.maxConcurrency);
        }),
      ),
    );
  });

  it('a caller gets a slot that another caller waits for only if it then holds at most half of the slots', async () => {
    await fc.assert(
      fc.asyncProperty(histories, (history) =>
        replay(history, ({ run, waitingBefore, served }) => {
          if (!served || waitingBefore.every(({ flow }) => flow === served.flow)) return;
          expect(run.in('running', served.flow).length).toBeLessThanOrEqual(
            Math.ceil(history.maxConcurrency / 2),
          );
        }),
      ),
    );
  });

  it('no waiting caller with less than half of the slots is served less often than another by more than one in any window', async () => {
    await fc.assert(
      fc.asyncProperty(histories, async (history) => {
        // How often each waiting flow was passed over for each other flow since its own last turn.
        const passedOver = new Map<string, Map<string, number>>();
        await replay(history, ({ run, waitingBefore, served }) => {
          for (const flow of FLOWS) {
            if (served?.flow === flow || of(run.in('waiting'), flow).length === 0) {
              passedOver.delete(flow);
            } else if (
              served &&
              of(waitingBefore, flow).length > 0 &&
              run.in('running', flow).length < Math.ceil(history.maxConcurrency / 2)
            ) {
              const turns = passedOver.get(flow) ?? new Map<string, number>();
              passedOver.set(flow, turns.set(served.flow, (turns.get(served.flow) ?? 0) + 1));
              expect(turns.get(served.flow)).toBe(1);
            }
          }
        });
      }),
    );
  });

  it('the tasks of one caller get their slots in the order of their arrival', async () => {
    await fc.assert(
      fc.asyncProperty(histories, (history) =>
        replay(history, ({ waitingBefore, served }) => {
          if (served) expect(served).toBe(of(waitingBefore, served.flow)[0]);
        }),
      ),
    );
  });

  it('a full queue rejects the newest task of the longest caller, or a newcomer whose caller would not have less', async () => {
    await fc.assert(
      fc.asyncProperty(histories, (history) =>
        replay(history, ({ run, waitingBefore, rejected, newcomer }) => {
          if (!rejected || !newcomer) {
            expect(rejected).toBeUndefined();
            return;
          }
          expect(waitingBefore).toHaveLength(history.maxQueue);
          /** Compares callers first by their waiting tasks, then by their slots. */
          const sizeOf = (flow: string): number =>
            of(waitingBefore, flow).length * 100 + run.in('running', flow).length;
          const largest = Math.max(...FLOWS.map(sizeOf));
          if (rejected === newcomer) {
            expect(largest).toBeLessThanOrEqual(sizeOf(newcomer.flow) + 100);
          } else {
            expect(rejected).toBe(of(waitingBefore, rejected.flow).at(-1));
            expect(sizeOf(rejected.flow)).toBe(largest);
            expect(largest).toBeGreaterThan(sizeOf(newcomer.flow) + 100);
          }
        }),
      ),
    );
  });
});

it('each task and each caller gets a slot or a rejection, whatever callers join, leave or wait too long', async () => {
  const index = fc.nat(100);
  const flow = fc.constantFrom(...FLOWS);
  const step = fc.oneof(
    fc.record({ arrives: flow }),
    fc.record({ joins: flow, index }),
    fc.record({ leaves: index }),
    fc.record({ ends: index }),
    fc.record({ passes: fc.nat(400) }),
  );
  const options = fc.record({ maxConcurrency: fc.integer({ min: 1, max: 4 }), maxQueue: fc.nat(6) });
  await fc.assert(
    fc.asyncProperty(options, fc.array(step, { maxLength: 60, size: 'max' }), async (limits, steps) => {
      const run = new Run(limits);
      const pick = (tasks: TestTask[], n: number) => tasks[n % tasks.length];
      for (const each of steps) {
        if ('arrives' in each) await run.arrive(each.arrives);
        else if ('joins' in each) pick(run.in('waiting'), each.index)?.join(each.joins);
        else if ('leaves' in each) pick(run.in('waiting'), each.leaves)?.abandon();
        else if ('ends' in each) pick(run.in('running'), each.ends)?.end();
        else await run.advance(each.passes);
        await settled();
        expect(run.queued).toBe(run.in('waiting').length);
        expect(run.queued).toBeLessThanOrEqual(limits.maxQueue);
        if (run.queued > 0) expect(run.in('running')).toHaveLength(limits.maxConcurrency);
      }
      await run.advance(1000);
      expect(run.queued).toBe(0);
      for (const task of run.in('running')) task.end();
      await settled();
      expect(run.in('running')).toHaveLength(0);
      expect(run.inFlight).toBe(0);
    }),
  );
});

describe('a caller without a running or a waiting task', () => {
  const MAX_GROWTH = 5e6;
  /** How much more heap is used after the work, in bytes. */
  async function growthOf(work: () => Promise<void>): Promise<number> {
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    await work();
    let growth = Infinity;
    // What the last microtasks still refer to is collected only the next time.
    for (let collections = 0; collections < 5 && growth > MAX_GROWTH; collections += 1) {
      await settled();
      collectGarbage();
      growth = process.memoryUsage().heapUsed - before;
    }
    return growth;
  }
  const longName = (n: number): string => Buffer.alloc(10_000, `${n}-`).toString('latin1');
  const CALLERS = 2000;

  it('is forgotten after its task has ended', async () => {
    const clock = new FakeClock();
    const limit = new ConcurrencyLimit({ maxConcurrency: 1, maxQueue: 0 }, clock);
    const growth = await growthOf(async () => {
      for (let n = 0; n < CALLERS; n += 1)
        await limit.run(() => Promise.resolve({}), {
          callers: oneCaller(longName(n), clock).callers,
          maxWaitMs: () => 1,
        });
    });
    expect(growth).toBeLessThan(MAX_GROWTH);
    expect(limit.figures).toStrictEqual({ inFlight: 0, queued: 0 });
  });

  it('is forgotten after its wait has ended without a slot', async () => {
    const clock = new FakeClock();
    const limit = new ConcurrencyLimit({ maxConcurrency: 1, maxQueue: CALLERS }, clock);
    const endless = () => new Promise<object>(() => undefined);
    const growth = await growthOf(async () => {
      for (let n = 0; n < CALLERS; n += 1)
        void limit.run(endless, {
          callers: oneCaller(longName(n), clock).callers,
          maxWaitMs: () => 1,
        });
      clock.advance(1);
      await settled();
    });
    expect(growth).toBeLessThan(MAX_GROWTH);
    expect(limit.figures).toStrictEqual({ inFlight: 1, queued: 0 });
  });
});
