// A health check for containers without a shell: exit code 0 if the address answers with success, else 1.
// Without an argument it asks the gateway of this container whether it is alive.
const url = process.argv[2] ?? `http://127.0.0.1:${process.env.PORT?.trim() || 3000}/health/live`;

try {
  const { ok, status } = await fetch(url, { signal: AbortSignal.timeout(2000) });
  if (!ok) throw new Error(`It answers with ${status}.`);
} catch (error) {
  console.error(`${url} is not healthy: ${error.cause?.message ?? error.message}`);
  process.exitCode = 1;
}
