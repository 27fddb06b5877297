// Loaded into a program before its own code, with --expose-gc: at each SIGUSR2 it says how much of the heap is in use.
import process from 'node:process';

let asked = 0;
process.on('SIGUSR2', () => {
  asked += 1;
  const { heapUsed } = process.memoryUsage();
  process.stderr.write(`heap ${asked}: ${heapUsed} bytes\n`);
  // What follows is counted from a clean start.
  globalThis.gc();
  process.stderr.write(`collected ${asked}: ${process.memoryUsage().heapUsed} bytes\n`);
});
