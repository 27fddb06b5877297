import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { freePort } from '../tools/support/free-port.mjs';
import { startNginxCache } from './nginx.mjs';
import { ask, kill, message, SCRATCH, start } from './processes.mjs';
import { startIssuer } from './token-issuer.mjs';
import { startVarnish } from './varnish.mjs';

const ownFile = (name) => fileURLToPath(new URL(name, import.meta.url));

/** The folder of the bundled gateway, as `npm run build` leaves it. */
export const GATEWAY = ownFile('../dist/gateway');

/** The instance that the scenarios for hits request. */
export const HOT = '/instances/90515b5-6115-4ccf-83e2-52d5bfaf2ddf';

/** The first page of the list, with 20 instances. */
export const LIST = '/instances';

/** How long the gateway's own answers may be cached. A peer that sends it lets a cache keep its answers as long. */
export const CACHE_CONTROL = 'public, max-age=5, stale-while-revalidate=30';

/** The rate limit counts every request, and refuses none. */
const RATE_LIMIT_ON = { RATE_LIMIT_REQUESTS: '1000000' };

/** Starts the upstream of the benchmark: a process that this one controls by messages. */
export async function startUpstream() {
  const child = start('upstream', [ownFile('upstream.mjs')]);
  const { port } = await message(child);
  return {
    address: `127.0.0.1:${port}`,
    /** Sets these faults, removes all others, and sets the count of calls to 0. */
    set: (faults = {}) => ask(child, { set: faults }),
    calls: async () => (await ask(child, {})).calls,
    stop: () => kill(child),
  };
}

async function serverOf(child) {
  const { url } = await message(child);
  return { child, url, stop: () => kill(child) };
}

/**
 * Starts a built gateway as production runs it, with its request log at level info, metrics and security headers.
 *
 * @param variables settings other than the defaults
 * @param folder the folder that contains main.mjs of the gateway
 * @param nodeOptions options of Node
 * @param role the core: see processes.mjs
 */
export async function startGateway(
  upstream,
  variables = {},
  folder = GATEWAY,
  nodeOptions = [],
  role = 'server',
) {
  const child = start(role, [...nodeOptions, join(folder, 'main.mjs')], {
    NODE_ENV: 'production',
    PORT: '0',
    METRICS_PORT: String(await freePort()),
    OUTBOUNDBOT_ENDPOINT: upstream.address,
    OUTBOUNDBOT_PROTOCOL: 'http',
    ALIBABA_CLOUD_ACCESS_KEY_ID: 'bench-key-id',
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'bench-key-secret',
    // All load comes from one address, so it counts as one caller.
    RATE_LIMIT_REQUESTS: '0',
    ...variables,
  });
  return serverOf(child);
}

function startPeer(name, upstream, variables = {}) {
  const child = start('server', [ownFile(`peers/${name}.mjs`)], {
    NODE_ENV: 'production',
    UPSTREAM: upstream.address,
    ...variables,
  });
  return serverOf(child);
}

/** A peer that sends the bytes and headers of the gateway's own response to a hot hit. */
async function startReplay(name, upstream) {
  const gateway = await startGateway(upstream);
  const file = join(mkdtempSync(join(SCRATCH, 'response-')), 'response.json');
  writeFileSync(file, JSON.stringify(await fetchRaw(`${gateway.url}${HOT}`)));
  await gateway.stop();
  return startPeer(name, upstream, { RESPONSE_FILE: file });
}

const KEY_FILE = join(SCRATCH, 'keys.json');
const keyEntries = [];
const KEY = addKey('bench', '*');
const LIMITED_KEY = addKey('limited', 'inst-000*');

/** Adds an API key for the instances that match the pattern to the file. */
function addKey(name, pattern) {
  const key = randomBytes(32).toString('base64url');
  keyEntries.push(keyEntry(name, key, pattern));
  writeFileSync(KEY_FILE, JSON.stringify(keyEntries));
  return key;
}

/** Settings with which the keys of a file are needed, and the rate limit is on. */
export const withKeys = (file) => ({
  AUTH_MODE: 'api-key',
  AUTH_API_KEYS_FILE: file,
  ...RATE_LIMIT_ON,
});

/** An entry of the key file. */
export function keyEntry(name, key, pattern = '*') {
  return { name, sha256: createHash('sha256').update(key).digest('hex'), instances: [pattern] };
}

/** The settings of a gateway with API keys, and the header of a caller that may read all instances. */
export const ANY_INSTANCE = { variables: withKeys(KEY_FILE), headers: { 'x-api-key': KEY } };

async function startWithKey(key, upstream, variables) {
  const server = await startGateway(upstream, { ...withKeys(KEY_FILE), ...variables });
  return { ...server, headers: { 'x-api-key': key } };
}

async function startWithToken(upstream, variables) {
  const { variables: ofIssuer, token } = await startIssuer();
  const server = await startGateway(upstream, { ...ofIssuer, ...RATE_LIMIT_ON, ...variables });
  return { ...server, headers: { authorization: `Bearer ${token}` } };
}

/** Plain Nest behind a cache. Both processes count as the server. */
async function startBehind(startCache, upstream) {
  const nest = await startPeer('nest-express', upstream, { CACHE_CONTROL });
  const cache = await startCache(nest.url);
  return {
    ...cache,
    backends: [nest.child],
    stop: async () => {
      await cache.stop();
      await nest.stop();
    },
  };
}

/**
 * The servers that are measured: the name of each in the report, and how it starts. `variables` are the settings of the
 * gateway in a scenario. A server with a `program` is left out where that program is not installed.
 */
export const CONTENDERS = {
  gateway: { title: 'gateway', start: startGateway },
  'gateway-304': {
    title: 'gateway, 304',
    start: async (upstream) => {
      const server = await startGateway(upstream);
      const { etag } = await fetchRaw(`${server.url}${HOT}`);
      return { ...server, headers: { 'if-none-match': etag } };
    },
  },
  'gateway-rate-limit': {
    title: 'gateway, rate limit',
    start: (upstream, variables) => startGateway(upstream, { ...RATE_LIMIT_ON, ...variables }),
  },
  'gateway-key': {
    title: 'gateway, rate limit, API key',
    start: (upstream, variables) => startWithKey(KEY, upstream, variables),
  },
  'gateway-jwt': { title: 'gateway, rate limit, access token', start: startWithToken },
  'gateway-limited': {
    title: 'gateway, rate limit, API key for 100 instances',
    start: (upstream, variables) => startWithKey(LIMITED_KEY, upstream, variables),
  },
  'node-http': { title: 'node:http, same bytes', start: (upstream) => startReplay('node-http', upstream) },
  'nest-fastify': {
    title: 'Nest on Fastify, same bytes',
    start: (upstream) => startReplay('nest-fastify', upstream),
  },
  'nest-express': {
    title: 'Nest on Express, naive retry',
    start: (upstream) => startPeer('nest-express', upstream),
  },
  'fastify-sdk': { title: 'Fastify, SDK', start: (upstream) => startPeer('fastify-sdk', upstream) },
  'fastify-caching': {
    title: 'Fastify, @fastify/caching',
    start: (upstream) => startPeer('fastify-caching', upstream),
  },
  'undici-cache': {
    title: 'Fastify, undici’s cache',
    start: (upstream) => startPeer('undici-cache', upstream),
  },
  nginx: {
    title: 'nginx, Nest on Express',
    program: 'nginx',
    start: (upstream) => startBehind(startNginxCache, upstream),
  },
  varnish: {
    title: 'Varnish, Nest on Express',
    program: 'varnishd',
    start: (upstream) => startBehind(startVarnish, upstream),
  },
  'bare-sdk': {
    title: 'bare SDK, no server',
    start: async (upstream) => ({ ...(await startPeer('bare-sdk', upstream)), isLoop: true }),
  },
};

/** The response to a GET: body, ETag, and the headers that Node does not write by itself. */
export async function fetchRaw(url) {
  const [response] = await once(get(url, { agent: false }), 'response');
  let body = '';
  for await (const chunk of response.setEncoding('utf8')) body += chunk;
  const { rawHeaders } = response;
  const ofNode = ['date', 'connection', 'keep-alive'];
  const headers = rawHeaders.filter((_, index) => !ofNode.includes(rawHeaders[index & ~1].toLowerCase()));
  return { headers, etag: response.headers.etag, body };
}
