// eslint-disable-next-line @typescript-eslint/triple-slash-reference -- declarations of modules cannot be imported
/// <reference path="./undici-modules.d.ts" />
/**
 * The parts of undici that send requests. Its main module loads fetch, WebSocket, caches and mocks as well, which took
 * half of its time to start and of its memory (docs/adr/0013).
 */
import api from 'undici/lib/api/index.js';
import Agent from 'undici/lib/dispatcher/agent.js';
import Client from 'undici/lib/dispatcher/client.js';
import DispatcherClass from 'undici/lib/dispatcher/dispatcher.js';
import Pool from 'undici/lib/dispatcher/pool.js';
import ProxyAgent from 'undici/lib/dispatcher/proxy-agent.js';

// As the main module does: gives every dispatcher `request`, and `connect`, which the proxy's needs.
Object.assign(DispatcherClass.prototype, api);

export { Agent, Client, Pool, ProxyAgent };
export type { buildConnector, Dispatcher } from 'undici';

/**
 * A proxy as undici's `ProxyAgent` takes it.
 *
 * undici reads user and password from the URL too, but leaves them out if one of the two is empty.
 */
export function proxyAgentOptions({ origin, username, password }: URL): { uri: string; token?: string } {
  if (username === '' && password === '') return { uri: origin };
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { uri: origin, token: `Basic ${Buffer.from(credentials).toString('base64')}` };
}
