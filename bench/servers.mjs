import { once } from 'node:events';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { findProgram } from '../tools/support/find-program.mjs';
import { freePort } from '../tools/support/free-port.mjs';
import { nginxConfig } from './peers/nginx.mjs';
import { kill, message, SCRATCH, start, usageOf } from './processes.mjs';

const GATEWAY = fileURLToPath(new URL('../dist/gateway/main.mjs', import.meta.url));
const ownFile = (name) => fileURLToPath(new URL(name, import.meta.url));

export const nginx = findProgram('nginx');

/**
 * A server under test: its address, and the processes that it is made of.
 *
 * @typedef {{ url: string, usage: () => object, stop: () => Promise<void>, child: object }} Server
 */
function serverOf(url, children) {
  return {
    url,
    child: children[0],
    usage: () => usageOf(children.map(({ pid }) => pid)),
    stop: async () => {
      for (const child of children) await kill(child);
    },
  };
}

/** The benchmark's upstream, in a process of its own, that this process steers. */
export async function startUpstream() {
  const child = start('upstream', process.execPath, [ownFile('upstream.mjs')]);
  const { port } = await message(child);
  const ask = async (question) => {
    const answer = message(child);
    child.send(question);
    return answer;
  };
  return {
    address: `127.0.0.1:${port}`,
    /** Sets what is named, everything else to healthy, and the count of calls to 0. */
    set: (knobs = {}) => ask({ set: knobs }),
    calls: async () => (await ask({})).calls,
    stop: () => kill(child),
  };
}

/**
 * The gateway from `dist`, as production runs it: request log at level info (to a file), metrics, security headers.
 *
 * @param {object} variables settings other than the defaults
 */
export async function startGateway(upstream, variables = {}) {
  const child = start('server', process.execPath, [GATEWAY], {
    env: {
      NODE_ENV: 'production',
      PORT: '0',
      METRICS_PORT: String(await freePort()),
      OUTBOUNDBOT_ENDPOINT: upstream.address,
      OUTBOUNDBOT_PROTOCOL: 'http',
      ALIBABA_CLOUD_ACCESS_KEY_ID: 'bench-key-id',
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'bench-key-secret',
      // All load comes from one address, which is one caller.
      RATE_LIMIT_REQUESTS: '0',
      ...variables,
    },
  });
  const { url } = await message(child);
  return serverOf(url, [child]);
}

/** A peer that listens by itself; `name` is its file. */
export async function startPeer(name, upstream, variables = {}) {
  const child = start('server', process.execPath, [ownFile(`peers/${name}.mjs`)], {
    env: { NODE_ENV: 'production', UPSTREAM: upstream.address, ...variables },
  });
  const { url } = await message(child);
  return serverOf(url, [child]);
}

/** node:http with the answer that `gateway` gives to a request for this path right now. */
export async function startReplay(name, upstream, gateway, path) {
  const file = join(mkdtempSync(join(SCRATCH, 'answer-')), 'answer.json');
  const { headers, etag, body } = await fetchRaw(`${gateway.url}${path}`);
  writeFileSync(file, JSON.stringify({ headers, etag, body }));
  return startPeer(name, upstream, { ANSWER_FILE: file });
}

/** nginx's proxy cache in front of the plain Nest service. */
export async function startNginx(upstream, { freshMs = 5000 } = {}) {
  const service = await startPeer('nest-express', upstream);
  const folder = mkdtempSync(join(SCRATCH, 'nginx-'));
  mkdirSync(join(folder, 'cache'));
  const port = await freePort();
  const config = join(folder, 'nginx.conf');
  const user = process.getuid?.() === 0 ? 'root' : undefined;
  writeFileSync(config, nginxConfig({ port, target: new URL(service.url).host, folder, freshMs, user }));
  const child = start('server', nginx, ['-p', folder, '-e', join(folder, 'error.log'), '-c', config], {
    ipc: false,
    // Its master process has to end the other one.
    stopSignal: 'SIGTERM',
  });
  const url = `http://127.0.0.1:${port}`;
  while (!(await fetchRaw(url).catch(() => undefined))) {
    if (child.exitCode !== null) throw new Error(`nginx ended: ${child.complaint()}`);
    await sleep(50);
  }
  return serverOf(url, [child, service.child]);
}

/** The answer to a GET: status, headers without those that Node writes itself, ETag, body. */
export async function fetchRaw(url, headers = {}) {
  const [response] = await once(get(url, { headers, agent: false }), 'response');
  let body = '';
  for await (const chunk of response.setEncoding('utf8')) body += chunk;
  const { rawHeaders } = response;
  const nodeOwn = ['date', 'connection', 'keep-alive'];
  const kept = rawHeaders.filter((_, index) => !nodeOwn.includes(rawHeaders[index & ~1].toLowerCase()));
  return { status: response.statusCode, headers: kept, etag: response.headers.etag, body };
}
