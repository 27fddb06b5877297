import fc from 'fast-check';
import { Histogram, Registry } from 'prom-client';
import { expect, it } from 'vitest';

import { DurationHistogram } from './duration-histogram.js';

const NAMES = { name: 'duration_seconds', help: 'Help.', labelNames: ['route', 'status', 'code'] };
const BUCKETS = [0.001, 0.25, 2];

it("exposes the same values as prom-client's own histogram", async () => {
  const observation = fc.record({
    route: fc.constantFrom('/instances/:id', 'odd "\\\n', ''),
    status: fc.constantFrom('200', 'aborted'),
    code: fc.constantFrom('not-cached', undefined),
    // A duration on a bound, between two bounds, or beyond the last bound.
    duration: fc.oneof(fc.constantFrom(0, ...BUCKETS), fc.double({ min: 0, max: 5, noNaN: true })),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(observation), async (observations) => {
      const [ours, theirs] = [new Registry(), new Registry()];
      const own = new DurationHistogram({ ...NAMES, buckets: BUCKETS }, ours);
      const other = new Histogram({ ...NAMES, buckets: BUCKETS, registers: [theirs] });
      for (const { route, status, code, duration } of observations) {
        own.labels(route, status, code).observe(duration);
        other.observe({ route, status, ...(code !== undefined && { code }) }, duration);
      }
      expect((await ours.metrics()).split('\n').sort()).toStrictEqual(
        (await theirs.metrics()).split('\n').sort(),
      );
    }),
  );
});

it('shows a series before its first observation', async () => {
  const registry = new Registry();
  new DurationHistogram({ ...NAMES, buckets: BUCKETS }, registry).labels('/', '200');
  expect(await registry.metrics()).toContain('duration_seconds_count{route="/",status="200"} 0');
});
