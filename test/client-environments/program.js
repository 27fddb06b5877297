// For Node.js, Bun and Deno: `program.js URL ID` prints what the client reads.
import process from 'node:process';

import * as client from 'outboundbot-gateway-client';

import { useClient } from './use-client.js';

const [baseUrl, id] = process.argv.slice(2);
console.log(JSON.stringify(await useClient(client, { baseUrl }, id)));
