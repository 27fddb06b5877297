import { request as requestOverHttp } from 'node:http';
import { request as requestOverHttps } from 'node:https';

import { buildConnector } from './undici.js';

/** A connection that is being opened. `destroy` cancels it. */
export interface Opening {
  destroy(reason: Error): void;
}

/** Opens a connection to a target, and calls back once with a socket or an error. */
export type Connect = (target: buildConnector.Options, callback: buildConnector.Callback) => Opening;

/** The proxy answered CONNECT with another status than 200. */
export class ProxyRefusedError extends Error {
  override name = 'ProxyRefusedError';

  constructor(readonly status: number) {
    super(`the proxy answered ${status}`);
  }
}

/**
 * Creates the function that opens connections: through a proxy if there is one, else directly.
 *
 * @param proxy with its credentials
 * @param timeoutMs the limit for TCP and TLS together, in milliseconds. With a proxy: the limit for the answer to
 * CONNECT, and again for TLS
 */
export function connectorFor(proxy: URL | undefined, timeoutMs: number): Connect {
  // undici's connector returns the socket at once, but its type says void.
  const connectDirectly = buildConnector({ timeout: timeoutMs }) as Connect;
  return proxy ? connectThrough(proxy, connectDirectly, timeoutMs) : connectDirectly;
}

/**
 * Opens connections through tunnels of a proxy (CONNECT, RFC 9110, section 9.3.6), also for `http:` targets.
 *
 * undici's `ProxyAgent` (7.30.2) is not used: when a proxy closes the connection without an answer, it tries again
 * without end, thousands of times a second, and it cannot be stopped.
 *
 * @param secure starts TLS in the tunnel
 * @param timeoutMs for the answer to CONNECT, in milliseconds
 */
function connectThrough(proxy: URL, secure: Connect, timeoutMs: number): Connect {
  return (target, callback) => {
    // `host` has brackets around an IPv6 address, and has no port if the port is the default of the protocol.
    const { host: name = target.hostname, port, protocol } = target;
    const host = port ? name : `${name}:${protocol === 'https:' ? 443 : 80}`;
    const request = (proxy.protocol === 'https:' ? requestOverHttps : requestOverHttp)({
      host: proxy.hostname.replace(/^\[|\]$/g, ''),
      port: proxy.port,
      method: 'CONNECT',
      path: host,
      headers: { host, ...authorizationOf(proxy) },
      agent: false,
    });
    let opening: Opening = request;
    const timer = setTimeout(() => request.destroy(new ProxyTimeoutError()), timeoutMs);
    const fail = (error: Error): void => {
      clearTimeout(timer);
      callback(error, null);
    };
    request.once('error', fail);
    request.once('connect', ({ statusCode = 0 }, socket) => {
      clearTimeout(timer);
      request.off('error', fail);
      // Without a listener these errors would end the process. The user of the tunnel gets them from the socket.
      for (const emitter of [request, socket]) emitter.on('error', () => undefined);
      if (statusCode !== 200) {
        socket.destroy();
        fail(new ProxyRefusedError(statusCode));
      } else if (protocol === 'https:') {
        opening = secure({ ...target, httpSocket: socket }, callback);
      } else {
        opening = socket;
        callback(null, socket);
      }
    });
    request.end();
    return {
      destroy: (reason) => {
        opening.destroy(reason);
      },
    };
  };
}

/** The proxy did not answer CONNECT in time. */
export class ProxyTimeoutError extends Error {
  override name = 'ProxyTimeoutError';
  override message = 'the proxy did not answer in time';
}

function authorizationOf({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` };
}
