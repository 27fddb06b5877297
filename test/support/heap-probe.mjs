// Imported before a program's own code, with --expose-gc. At each SIGUSR2 it prints the used heap before and after a
// garbage collection.
import process from 'node:process';

let signals = 0;
process.on('SIGUSR2', () => {
  signals += 1;
  const { heapUsed } = process.memoryUsage();
  process.stderr.write(`heap ${signals}: ${heapUsed} bytes\n`);
  // Collects the garbage of this measurement before the next one.
  globalThis.gc();
  process.stderr.write(`collected ${signals}: ${process.memoryUsage().heapUsed} bytes\n`);
});
