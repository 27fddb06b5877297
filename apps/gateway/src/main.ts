import type { RunningGateway } from './run.js';

/**
 * The first SIGTERM or SIGINT stops in order, with exit code 0; a second one ends it at once.
 *
 * They are listened to before anything else is loaded: as process 1, in a container, the gateway would not even notice
 * one that comes earlier.
 */
let gateway: RunningGateway | undefined;
const stop = { asked: false };
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    if (stop.asked) process.exit(1);
    stop.asked = true;
    void Promise.resolve(gateway?.shutDown()).then(() => process.exit(0));
  });
}

const { start, explain } = await import('./run.js');
try {
  await start((running) => {
    gateway = running;
  });
} catch (error) {
  if (!stop.asked) {
    process.stderr.write(`${explain(error)}\n`);
    process.exit(1);
  }
}
