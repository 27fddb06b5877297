// Imported into the gateway before its own code (`--import`), with --expose-gc. Answers each message of the parent process
// with what only the process itself knows: the used heap, and the pauses of the garbage collector since the last message.
import { PerformanceObserver } from 'node:perf_hooks';

/** The observer hears of a collection a moment after it, in milliseconds. */
const OBSERVED_AFTER_MS = 50;

let longestMs = 0;
let totalMs = 0;
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) {
    longestMs = Math.max(longestMs, duration);
    totalMs += duration;
  }
}).observe({ entryTypes: ['gc'] });

process.on('message', ({ collect }) => {
  if (collect) globalThis.gc();
  setTimeout(() => {
    process.send({ longestMs, totalMs, heapMiB: process.memoryUsage().heapUsed / 2 ** 20 });
    longestMs = 0;
    totalMs = 0;
  }, OBSERVED_AFTER_MS);
});
