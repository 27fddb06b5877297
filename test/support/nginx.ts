import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { freePort } from './redis-server.js';

const SITE = new URL('../../deploy/nginx/outboundbot-gateway.conf', import.meta.url);

/** A real nginx with the committed site in it. */
export interface Nginx {
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Of the site only the ports and the folder of its cache are replaced. Resolves when it accepts connections.
 *
 * @param program the path of nginx, from `findProgram('nginx')`
 * @param gatewayUrl where the gateway is that stands behind it
 */
export async function startNginx(program: string, gatewayUrl: string): Promise<Nginx> {
  const folder = await mkdtemp(join(tmpdir(), 'nginx-'));
  // Started by root, its workers are somebody else.
  await chmod(folder, 0o755);
  await mkdir(join(folder, 'logs'));
  const port = await freePort();
  const site = replaceEach(await readFile(SITE, 'utf8'), [
    ['listen 80;', `listen 127.0.0.1:${port};`],
    ['server 127.0.0.1:3000;', `server ${new URL(gatewayUrl).host};`],
    ['/var/cache/nginx/outboundbot-gateway', join(folder, 'cache')],
  ]);
  await writeFile(join(folder, 'site.conf'), site);
  await writeFile(join(folder, 'nginx.conf'), CONFIGURATION);

  const child = spawn(program, ['-p', folder, '-c', 'nginx.conf'], { stdio: ['ignore', 'ignore', 'pipe'] });
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
  const ended = once(child, 'close');
  const url = `http://127.0.0.1:${port}`;
  while (!(await accepts(url))) {
    if (child.exitCode !== null) throw new Error(`nginx ended before it was ready:\n${complaints}`);
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

/** What a distribution's nginx.conf has around the sites, with everything that is written below one folder. */
const CONFIGURATION = `
daemon off;
worker_processes 2;
pid nginx.pid;
error_log stderr error;
events {}
http {
  access_log off;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  include site.conf;
}
`;

/** Whether anything answers, be it with an error. */
function accepts(url: string): Promise<boolean> {
  return fetch(url, { redirect: 'manual' }).then(
    () => true,
    () => false,
  );
}

/** The text must have each of these, once. */
function replaceEach(text: string, replacements: readonly (readonly [string, string])[]): string {
  return replacements.reduce((result, [from, to]) => {
    if (result.split(from).length !== 2) throw new Error(`The site must have "${from}" once.`);
    return result.replace(from, to);
  }, text);
}
