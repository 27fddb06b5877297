// `npm start`: runs the emulator and a gateway that calls it, until Ctrl-C. It needs no account and no network.
import { spawn, spawnSync } from 'node:child_process';

const children = [];
let stopping = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => stop(0));

const build = spawnSync('npm', ['run', '--silent', 'build'], {
  stdio: 'inherit',
  shell: process.platform === 'win32',
});
if (build.status !== 0) process.exit(build.status ?? 1);

const emulator = run('outboundbot-emulator', 'pipe', {});
const emulatorUrl = await printed(emulator, /OutboundBot emulator on (http:\S+)/);
// The gateway inherits standard output, because it writes a readable log if standard output is a terminal.
const gateway = run('gateway', 'inherit', {
  OUTBOUNDBOT_ENDPOINT: new URL(emulatorUrl).host,
  // A proxy cannot reach the emulator on this machine, so the gateway calls the emulator directly.
  no_proxy: [process.env.no_proxy || process.env.NO_PROXY, new URL(emulatorUrl).hostname]
    .filter(Boolean)
    .join(','),
  OUTBOUNDBOT_PROTOCOL: 'http',
  // The emulator may listen on another address than loopback. Plain HTTP to it is allowed, because it holds no secrets.
  OUTBOUNDBOT_ALLOW_PLAINTEXT: 'true',
  ALIBABA_CLOUD_ACCESS_KEY_ID: process.env.EMULATOR_ACCESS_KEY_ID?.trim() || 'emulator-key-id',
  ALIBABA_CLOUD_ACCESS_KEY_SECRET: process.env.EMULATOR_ACCESS_KEY_SECRET?.trim() || 'emulator-key-secret',
  // No load balancer has to notice the shutdown.
  SHUTDOWN_DRAIN_MS: process.env.SHUTDOWN_DRAIN_MS?.trim() || '0',
});
const gatewayUrl = await ready(gateway);

console.log(`
The gateway is up, on an emulator of the OutboundBot service.

  Documentation   ${gatewayUrl}/docs
  Try             curl ${gatewayUrl}/instances/90515b5-6115-4ccf-83e2-52d5bfaf2ddf

Ctrl-C stops both.
`);

function run(app, stdout, environment) {
  const env = { ...process.env, ...environment };
  delete env.ALIBABA_CLOUD_SECURITY_TOKEN;
  const child = spawn(process.execPath, [`dist/${app}/main.mjs`], {
    cwd: new URL('..', import.meta.url),
    env,
    stdio: ['ignore', stdout, 'inherit', 'ipc'],
    // A process group of its own, so that Ctrl-C reaches the program only once, through this process.
    detached: true,
  });
  child.stdout?.pipe(process.stdout);
  children.push(child);
  child.once('exit', () => stop(1));
  return child;
}

/**
 * Resolves with the text that the group of the pattern matches in the output. Never resolves if the program ends first,
 * because then this process ends too.
 */
function printed(child, pattern) {
  return new Promise((resolve) => {
    let output = '';
    child.stdout.on('data', (text) => {
      output += text;
      const found = pattern.exec(output);
      if (found && !stopping) resolve(found[1]);
    });
  });
}

/**
 * Resolves with the URL of the gateway when it is ready. If the gateway listens on all addresses, the URL has the
 * loopback address.
 */
function ready(child) {
  return new Promise((resolve) => {
    child.once('message', ({ url }) => {
      if (!stopping) resolve(url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:'));
    });
  });
}

/** Ends both programs, and then this process. With `code` 0, the exit code is that of the first program that fails. */
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
