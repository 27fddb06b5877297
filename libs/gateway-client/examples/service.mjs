// A service that reads one instance:   GATEWAY_URL=... API_KEY=... node service.mjs ID
// or all instances that contain a text: GATEWAY_URL=... API_KEY=... node service.mjs --list [TEXT]
//
// Prints the instance as JSON, or each instance of the list as one line of JSON. Exit codes: 0 success, 2 invalid call, 3 the instance does not exist, 4 access denied,
// 5 temporary failure: try again later, 1 any other error.
import { createGatewayClient, GatewayError } from 'outboundbot-gateway-client';

const { GATEWAY_URL: baseUrl, API_KEY: apiKey } = process.env;
const [argument, text] = process.argv.slice(2);

if (baseUrl === undefined || argument === undefined) {
  const call = 'GATEWAY_URL=http://127.0.0.1:3000 API_KEY=... node service.mjs';
  console.error(`Usage: ${call} ID\n       ${call} --list [TEXT]`);
  process.exitCode = 2;
} else {
  process.exitCode = await exitCodeOf(argument === '--list' ? printList : printInstance);
}

async function printInstance(gateway) {
  console.log(JSON.stringify(await gateway.getInstance(argument), null, 2));
}

async function printList(gateway) {
  for await (const instance of gateway.iterateInstances({ q: text })) {
    console.log(JSON.stringify(instance));
  }
}

/** @returns the exit code */
async function exitCodeOf(print) {
  try {
    await print(createGatewayClient({ baseUrl, apiKey }));
    return 0;
  } catch (error) {
    if (error instanceof GatewayError) return explain(error);
    console.error(error.message);
    return 1;
  }
}

/** @returns the exit code */
function explain({ code, detail, requestId, isRetryable, retryAfterMs, upstream }) {
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
    default:
      if (retryAfterMs !== null) console.error(`Try again in ${Math.ceil(retryAfterMs / 1000)} s.`);
      return isRetryable ? 5 : 1;
  }
}
