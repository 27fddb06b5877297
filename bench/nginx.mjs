import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { findProgram } from '../tools/support/find-program.mjs';
import { freePort } from '../tools/support/free-port.mjs';
import { kill, SCRATCH, startProgram, untilReady } from './processes.mjs';

/** The site that operators install. */
const SITE = new URL('../deploy/nginx/outboundbot-gateway.conf', import.meta.url);

/**
 * Starts nginx with one worker and an access log, like the nginx.conf of a distribution; all its files are in a folder of
 * its own.
 *
 * @param role the core: see processes.mjs
 * @param siteOf makes the text of the site from the port that it must listen on
 */
async function startNginx(role, siteOf) {
  const folder = mkdtempSync(join(SCRATCH, 'nginx-'));
  // When root starts nginx, its worker runs as another user, who must reach the cache in here.
  chmodSync(folder, 0o711);
  const port = await freePort();
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off;
    worker_processes 1;
    pid nginx.pid;
    error_log stderr error;
    events { worker_connections 4096; }
    http {
      access_log access.log;
      client_body_temp_path body;
      proxy_temp_path proxy;
      fastcgi_temp_path fastcgi;
      uwsgi_temp_path uwsgi;
      scgi_temp_path scgi;
      ${siteOf(port)}
    }`,
  );
  const child = startProgram(role, [findProgram('nginx'), '-p', folder, '-c', 'nginx.conf', '-e', 'stderr']);
  // Nginx writes this file when it has the port.
  await untilReady(child, () => existsSync(join(folder, 'nginx.pid')));
  return {
    child,
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      await kill(child);
      rmSync(folder, { recursive: true });
    },
  };
}

/** Starts nginx as a cache in front of a server, as the server's `Cache-Control` says. */
export function startNginxCache(serverUrl) {
  const site = (port) => `
    proxy_cache_path cache keys_zone=answers:10m;
    upstream application { server ${new URL(serverUrl).host}; keepalive 64; }
    server {
      listen 127.0.0.1:${port};
      location / {
        proxy_pass http://application;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_cache answers;
        proxy_cache_background_update on;
      }
    }`;
  return startNginx('server', site);
}

/**
 * Starts nginx on the core of the load, with the shipped site in front of these gateways. Its limits for one network address
 * count every request but refuse none, because all load comes from one address.
 */
export function startNginxSite(gatewayUrls) {
  const [first, second] = [3000, 3001].map((port) => `server 127.0.0.1:${port} max_fails=0;`);
  const servers = gatewayUrls.map((url) => first.replace('127.0.0.1:3000', new URL(url).host));
  const site = (port) =>
    replaceEach(readFileSync(SITE, 'utf8'), [
      ['listen 80;', `listen 127.0.0.1:${port};`],
      ['/var/cache/nginx/outboundbot-gateway', 'cache'],
      [first, servers.join('\n')],
      [second, ''],
      ['rate=1000r/s', 'rate=1000000r/s'],
      ['limit_conn outboundbot_connections 100;', 'limit_conn outboundbot_connections 10000;'],
    ]);
  return startNginx('load', site);
}

/** Replaces each text, which must occur exactly once. */
function replaceEach(text, replacements) {
  return replacements.reduce((result, [from, to]) => {
    if (result.split(from).length !== 2) throw new Error(`The site must contain "${from}" exactly once.`);
    return result.replace(from, to);
  }, text);
}
