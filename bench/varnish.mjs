import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { findProgram } from '../tools/support/find-program.mjs';
import { freePort } from '../tools/support/free-port.mjs';
import { kill, SCRATCH, startProgram, untilReady } from './processes.mjs';

/** Varnish maps its log into memory, so its manual wants a folder that is not on a disk. */
const FOLDER = existsSync('/dev/shm') ? '/dev/shm' : SCRATCH;

/**
 * Starts Varnish as a cache in front of a server, with the rules of HTTP that are built in and few threads, because it has one
 * core.
 */
export async function startVarnish(serverUrl) {
  const folder = mkdtempSync(join(FOLDER, 'gateway-bench-varnish-'));
  const removeFolder = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', removeFolder);
  const rules = join(folder, 'default.vcl');
  const { hostname, port: serverPort } = new URL(serverUrl);
  writeFileSync(rules, `vcl 4.1; backend default { .host = "${hostname}"; .port = "${serverPort}"; }`);
  const port = await freePort();
  const child = startProgram('server', [
    findProgram('varnishd'),
    ...['-F', '-j', 'none', '-n', join(folder, 'work'), '-T', 'none'],
    ...['-f', rules, '-a', `127.0.0.1:${port}`, '-s', 'malloc,64m'],
    ...['-p', 'thread_pools=1'],
  ]);
  const url = `http://127.0.0.1:${port}`;
  await untilReady(child, () =>
    fetch(url).then(
      () => true,
      () => false,
    ),
  );
  return {
    child,
    url,
    stop: async () => {
      await kill(child);
      removeFolder();
    },
  };
}
