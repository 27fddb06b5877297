import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { message, SCRATCH } from './processes.mjs';
import { nginx, startGateway, startNginx, startPeer, startReplay } from './servers.mjs';

/** An API key that reads everything, and the file that says so. */
const KEY = randomBytes(32).toString('base64url');
const KEY_FILE = join(SCRATCH, 'keys.json');
writeFileSync(
  KEY_FILE,
  JSON.stringify([
    { name: 'bench', sha256: createHash('sha256').update(KEY).digest('hex'), instances: ['*'] },
  ]),
);

/** The path of the one instance that is asked for again and again. */
export const HOT = '/instances/90515b5-6115-4ccf-83e2-52d5bfaf2ddf';

/**
 * Who takes part. `start` gets the upstream, the gateway that runs beside it, if one does, and the scenario's settings:
 * `variables` for the gateway, `freshMs` for how long anybody's cache keeps an answer fresh.
 */
export const CONTENDERS = {
  gateway: {
    title: 'gateway',
    start: (upstream, { variables }) => startGateway(upstream, variables),
  },
  'gateway-auth': {
    title: 'gateway, API keys and rate limits on',
    headers: { 'x-api-key': KEY },
    start: (upstream, { variables }) =>
      startGateway(upstream, {
        ...variables,
        AUTH_MODE: 'api-key',
        AUTH_API_KEYS_FILE: KEY_FILE,
        // A limit that counts every request and is never reached.
        RATE_LIMIT_REQUESTS: '1000000',
      }),
  },
  'node-http': {
    title: 'node:http, same bytes',
    start: (upstream, { gateway }) => startReplay('node-http', upstream, gateway, HOT),
  },
  'nest-fastify': {
    title: 'Nest on Fastify, same bytes',
    start: (upstream, { gateway }) => startReplay('nest-fastify', upstream, gateway, HOT),
  },
  'bare-sdk': { title: 'bare SDK, no server', start: (upstream) => startLoop('bare-sdk', upstream) },
  'own-client': {
    title: 'the gateway’s own client, no server',
    start: (upstream) => startLoop('own-client', upstream),
  },
  'fastify-sdk': { title: 'Fastify with the SDK', start: (upstream) => startPeer('fastify-sdk', upstream) },
  'nest-express': {
    title: 'Nest on Express, naive retry',
    start: (upstream) => startPeer('nest-express', upstream),
  },
  nginx: {
    title: 'nginx cache before Nest on Express',
    isMissing: nginx === undefined,
    start: (upstream, { freshMs }) => startNginx(upstream, { freshMs }),
  },
};

/** A peer that makes calls by itself, as many as it can. */
async function startLoop(name, upstream) {
  const peer = await startPeer(name, upstream);
  return {
    ...peer,
    saturate: async (job) => {
      const answer = message(peer.child);
      peer.child.send(job);
      const { requests, ok, seconds } = await answer;
      return { requests, ok, rps: requests / seconds };
    },
  };
}
