import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { isIPv6 } from 'node:net';
import type { Duplex } from 'node:stream';

import { connectorFor } from './proxy-tunnel.js';

/**
 * Creates an agent for libraries that send with `node:http` or `node:https`. It connects through tunnels of a proxy.
 *
 * @param protocol of the URLs that the library requests: `http:` or `https:`
 * @param proxy with its credentials
 * @param timeoutMs for the proxy to open a tunnel, and then for TLS, in milliseconds each
 */
export function createTunnelAgent(protocol: string, proxy: URL, timeoutMs: number): HttpAgent {
  const connect = connectorFor(proxy, timeoutMs);
  const agent = protocol === 'https:' ? new HttpsAgent() : new HttpAgent();
  agent.createConnection = (options, callback) => {
    const hostname = options.host ?? 'localhost';
    const port = String(options.port);
    const host = `${isIPv6(hostname) ? `[${hostname}]` : hostname}:${port}`;
    connect({ protocol, hostname, host, port }, (error, socket) => {
      callback?.(error, socket as Duplex);
    });
    // Node waits for the callback if no socket is returned.
    return undefined;
  };
  return agent;
}
