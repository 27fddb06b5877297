// `npm start`: the emulator and the gateway on it, until Ctrl-C. No account, no network.
import { spawn, spawnSync } from 'node:child_process';

const gatewayHost = process.env.HOST?.trim() || '127.0.0.1';
const gatewayPort = process.env.PORT?.trim() || '3000';
const emulatorHost = process.env.EMULATOR_HOST?.trim() || '127.0.0.1';
const emulatorPort = process.env.EMULATOR_PORT?.trim() || '4010';
const gatewayUrl = `http://${gatewayHost}:${gatewayPort}`;

const children = [];
let stopping = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => stop(0));

const build = spawnSync('npm', ['run', '--silent', 'build'], {
  stdio: 'inherit',
  shell: process.platform === 'win32',
});
if (build.status !== 0) process.exit(build.status ?? 1);

const emulator = run('outboundbot-emulator', {});
await answers(`http://${emulatorHost}:${emulatorPort}/_emulator/health`, emulator);
const gateway = run('gateway', {
  OUTBOUNDBOT_ENDPOINT: `${emulatorHost}:${emulatorPort}`,
  OUTBOUNDBOT_PROTOCOL: 'http',
  ALIBABA_CLOUD_ACCESS_KEY_ID: process.env.EMULATOR_ACCESS_KEY_ID || 'emulator-key-id',
  ALIBABA_CLOUD_ACCESS_KEY_SECRET: process.env.EMULATOR_ACCESS_KEY_SECRET || 'emulator-key-secret',
  ALIBABA_CLOUD_SECURITY_TOKEN: '',
  // Nobody waits for a load balancer here.
  SHUTDOWN_DRAIN_MS: process.env.SHUTDOWN_DRAIN_MS || '0',
});
await answers(`${gatewayUrl}/health/ready`, gateway);

console.log(`
The gateway is up, on an emulator of the OutboundBot service.

  Documentation   ${gatewayUrl}/docs
  Try             curl ${gatewayUrl}/instances/90515b5-6115-4ccf-83e2-52d5bfaf2ddf

Ctrl-C stops both.
`);

function run(app, environment) {
  const child = spawn(process.execPath, [`dist/apps/${app}/src/main.js`], {
    cwd: new URL('..', import.meta.url),
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'inherit', 'inherit'],
    // In a group of its own, so that Ctrl-C reaches it through here only, and once.
    detached: true,
  });
  children.push(child);
  child.once('exit', () => stop(1));
  return child;
}

/** Waits until the address answers with a 2xx, or its program has ended. */
async function answers(url, child) {
  while (child.exitCode === null && !stopping) {
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Ends both programs; the exit code is 0 if they were asked to and did. */
function stop(code) {
  if (stopping) return;
  stopping = true;
  const running = children.filter((child) => child.exitCode === null && child.signalCode === null);
  let left = running.length;
  if (left === 0) process.exit(code);
  for (const child of running) {
    child.once('exit', (exitCode) => {
      left -= 1;
      if (left === 0) process.exit(code || exitCode || 0);
    });
    child.kill('SIGTERM');
  }
}
