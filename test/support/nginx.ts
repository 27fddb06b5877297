import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { freePort } from './redis-server.js';
import type { Certificate } from './tls.js';

const SITE = new URL('../../deploy/nginx/outboundbot-gateway.conf', import.meta.url);

/** The lines of the site that name the gateways. */
const SERVERS = ['server 127.0.0.1:3000 max_fails=0;', 'server 127.0.0.1:3001 max_fails=0;'];

/** A real nginx with the deployed site configuration. */
export interface Nginx {
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Starts nginx with the deployed site configuration, changing only its ports, its cache folder and its certificate. Resolves
 * when nginx accepts connections.
 *
 * @param program the path of nginx, from `findProgram('nginx')`
 * @param gatewayUrls the URLs of the gateways behind nginx: two at most
 * @param tls the certificate of a port for TLS; undefined for plain HTTP
 */
export async function startNginx(
  program: string,
  gatewayUrls: readonly string[],
  tls?: Certificate,
): Promise<Nginx> {
  const text = await readFile(SITE, 'utf8');
  return startSite(program, gatewayUrls.length, async (port, folder) => {
    if (tls) {
      await writeFile(join(folder, 'cert.pem'), tls.cert);
      await writeFile(join(folder, 'key.pem'), tls.key);
    }
    return replaceEach(text, [
      [
        'listen 80;',
        tls
          ? `listen 127.0.0.1:${port} ssl; ssl_certificate cert.pem; ssl_certificate_key key.pem;`
          : `listen 127.0.0.1:${port};`,
      ],
      ...SERVERS.map((server, index): [string, string] => {
        const gatewayUrl = gatewayUrls[index];
        return [server, gatewayUrl === undefined ? '' : server.replace(/127[^ ]+/, new URL(gatewayUrl).host)];
      }),
      ['/var/cache/nginx/outboundbot-gateway', join(folder, 'cache')],
    ]);
  });
}

/**
 * Starts nginx with a site that takes a path prefix away and compresses what the gateway has not, and resolves when nginx accepts connections.
 *
 * @param program the path of nginx
 * @param prefix with a slash at both ends
 * @param port of nginx. The gateway may have to know it before nginx runs
 */
export function startPrefixingNginx(
  program: string,
  prefix: string,
  gatewayUrl: string,
  port: number,
): Promise<Nginx> {
  const site = `server {
    listen 127.0.0.1:${port};
    gzip on;
    gzip_types application/json;
    location / { return 404 "nothing outside of ${prefix}"; }
    location ${prefix} { proxy_pass ${gatewayUrl}/; }
  }`;
  return startSite(program, 1, () => site, port);
}

async function startSite(
  program: string,
  workers: number,
  siteOf: (port: number, folder: string) => string | Promise<string>,
  givenPort?: number,
): Promise<Nginx> {
  const folder = await mkdtemp(join(tmpdir(), 'nginx-'));
  // When root starts nginx, its workers run as another user, which must be able to read the folder.
  await chmod(folder, 0o755);
  await mkdir(join(folder, 'logs'));
  const port = givenPort ?? (await freePort());
  const site = await siteOf(port, folder);
  await writeFile(join(folder, 'site.conf'), site);
  await writeFile(join(folder, 'nginx.conf'), configuration(workers));

  const child = spawn(program, ['-p', folder, '-c', 'nginx.conf'], { stdio: ['ignore', 'ignore', 'pipe'] });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const ended = once(child, 'close');
  const url = `http://127.0.0.1:${port}`;
  // Nginx writes this file when it has the port. Before that, another program may answer there.
  while (!existsSync(join(folder, 'nginx.pid')) || !(await accepts(url))) {
    await delay(10);
    if (child.exitCode !== null) throw new Error(`nginx ended before it was ready:\n${errors}`);
  }
  return {
    url,
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/**
 * Like the nginx.conf of a distribution, but nginx writes all its files below one folder.
 *
 * Tests with two gateways have two workers, because workers share what they know about gateways. Tests of the cache have one:
 * a second worker could take the next request before the first worker has stored the answer, and count another miss.
 */
const configuration = (workers: number): string => `
daemon off;
worker_processes ${workers};
pid nginx.pid;
error_log stderr error;
events {}
http {
  access_log off;
  gzip on;
  # A test can pretend to have another address.
  set_real_ip_from 127.0.0.1;
  real_ip_header X-Test-Address;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  include site.conf;
}
`;

/** Whether the URL answers, with any status. */
function accepts(url: string): Promise<boolean> {
  return fetch(url, { redirect: 'manual' }).then(
    () => true,
    () => false,
  );
}

/** Replaces each text, which must occur exactly once. */
function replaceEach(text: string, replacements: readonly (readonly [string, string])[]): string {
  return replacements.reduce((result, [from, to]) => {
    if (result.split(from).length !== 2) throw new Error(`The site must contain "${from}" exactly once.`);
    return result.replace(from, to);
  }, text);
}
