// A health check for containers without a shell. Asks the gateway, or with the argument "emulator" the emulator, at the
// address that the same environment makes it listen on. Exits with 0 if the answer is a 2xx status, else with 1.
const { EMULATOR_HOST, EMULATOR_PORT, HOST, PORT } = process.env;

const url =
  process.argv[2] === 'emulator'
    ? `http://${reachable(EMULATOR_HOST)}:${EMULATOR_PORT?.trim() || 4010}/_emulator/health`
    : `http://${reachable(HOST)}:${PORT?.trim() || 3000}/health/live`;

try {
  const { ok, status } = await fetch(url, { signal: AbortSignal.timeout(2000) });
  if (!ok) throw new Error(`it answers ${status}`);
} catch (error) {
  console.error(`${url} is not healthy: ${error.cause?.message ?? error.message}`);
  process.exitCode = 1;
}

/** The host part of a URL for an address to listen on. 0.0.0.0 and :: mean all addresses, loopback among them. */
function reachable(host) {
  const address = host?.trim() || '127.0.0.1';
  if (address === '0.0.0.0') return '127.0.0.1';
  if (address === '::') return '[::1]';
  return address.includes(':') ? `[${address}]` : address;
}
