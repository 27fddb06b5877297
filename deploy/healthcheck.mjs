// A health check for containers without a shell. Exits with 0 if the URL answers with a 2xx status, else with 1. The
// default URL is the liveness check of the gateway in this container.
const url = process.argv[2] ?? `http://127.0.0.1:${process.env.PORT?.trim() || 3000}/health/live`;

try {
  const { ok, status } = await fetch(url, { signal: AbortSignal.timeout(2000) });
  if (!ok) throw new Error(`it answers ${status}`);
} catch (error) {
  console.error(`${url} is not healthy: ${error.cause?.message ?? error.message}`);
  process.exitCode = 1;
}
