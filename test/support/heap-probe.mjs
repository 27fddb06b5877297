// Imported before a program's own code, with --expose-gc. At each SIGUSR2 it prints the used heap and the number of promises
// that were made so far, collects the garbage of this measurement before the next one, and prints the used heap again.
import process from 'node:process';
import { promiseHooks } from 'node:v8';

let signals = 0;
let promises = 0;
promiseHooks.onInit(() => {
  promises += 1;
});
process.on('SIGUSR2', () => {
  signals += 1;
  const { heapUsed } = process.memoryUsage();
  process.stderr.write(`used ${signals}: ${heapUsed} bytes, ${promises} promises\n`);
  globalThis.gc();
  process.stderr.write(`collected ${signals}: ${process.memoryUsage().heapUsed} bytes\n`);
});
