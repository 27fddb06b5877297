import type { RunningGateway } from './run.js';

/**
 * The first SIGTERM, SIGINT or SIGHUP shuts the gateway down, with exit code 0; a second one ends the process at once.
 * SIGUSR1 does nothing: by default, Node would open its debugger, which gives control over the process.
 *
 * With `doctor` as its first argument, the program checks its settings and what they name, and ends (docs/deployment.md).
 *
 * The handlers are set before anything else is loaded: as process 1 of a container, a process without handlers ignores
 * these signals.
 */
let gateway: RunningGateway | undefined;
const stop = { asked: false };
const isDoctor = process.argv[2] === 'doctor';
process.on('SIGUSR1', () => undefined);
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (stop.asked || isDoctor) process.exit(1);
    stop.asked = true;
    void Promise.resolve(gateway?.shutDown()).then(() => process.exit(0));
  });
}

if (isDoctor) {
  const { doctor } = await import('./doctor.js');
  process.exitCode = await doctor(process.argv.slice(3));
} else {
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
}
