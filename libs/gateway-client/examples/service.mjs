// A service that reads one instance: GATEWAY_URL=... API_KEY=... node service.mjs ID
//
// Prints the instance as JSON. Exit codes: 0 success, 2 invalid call, 3 the instance does not exist, 4 access denied,
// 5 temporary failure: try again later, 1 any other error.
import { createGatewayClient, GatewayError } from 'outboundbot-gateway-client';

const { GATEWAY_URL: baseUrl, API_KEY: apiKey } = process.env;
const [id] = process.argv.slice(2);

if (baseUrl === undefined || id === undefined) {
  console.error('Usage: GATEWAY_URL=http://127.0.0.1:3000 API_KEY=... node service.mjs ID');
  process.exitCode = 2;
} else {
  process.exitCode = await print(id);
}

/** @returns the exit code */
async function print(id) {
  try {
    const gateway = createGatewayClient({ baseUrl, apiKey });
    const instance = await gateway.getInstance(id, { signal: AbortSignal.timeout(15_000) });
    console.log(JSON.stringify(instance, null, 2));
    return 0;
  } catch (error) {
    if (error instanceof GatewayError) return explain(error);
    if (error.name === 'TimeoutError') {
      console.error('The gateway did not answer in time.');
      return 5;
    }
    console.error(error.message);
    return 1;
  }
}

/** @returns the exit code */
function explain({ code, detail, requestId, retryAfterMs, upstream }) {
  console.error(`${code}: ${detail}`);
  if (requestId !== null) console.error(`Request id: ${requestId}`);
  if (upstream?.requestId) console.error(`Request id of the OutboundBot service: ${upstream.requestId}`);
  switch (code) {
    case 'invalid-request':
      return 2;
    case 'instance-not-found':
      return 3;
    case 'unauthenticated':
    case 'forbidden':
      return 4;
    case 'too-many-requests':
    case 'overloaded':
    case 'upstream-throttled':
    case 'upstream-unavailable':
    case 'upstream-timeout':
    case 'network-error':
      if (retryAfterMs !== null) console.error(`Try again in ${Math.ceil(retryAfterMs / 1000)} s.`);
      return 5;
    default:
      return 1;
  }
}
