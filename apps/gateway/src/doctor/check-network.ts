import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { connect, isIP } from 'node:net';

import { ProxyRefusedError, ProxyTimeoutError } from '@app/http-client';
import type { Clock } from '@app/resilience';

import type { Settings } from '../settings/settings.js';
import { elapsed, fail, type Finding, ok, skip, warn } from './finding.js';
import { codeOf, nextHop, openSocket, type Route, withTimeout } from './route.js';

/** Which proxy applies, without its credentials. */
export function checkProxy({ protocol, proxy }: Route, { proxies }: Settings): Finding {
  const variable = protocol === 'https' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  if (proxy) return ok('proxy', `${variable} applies: ${proxy.origin}`);
  if (proxies[variable] !== undefined) {
    return ok('proxy', `none: NO_PROXY names the endpoint, so ${variable} does not apply`);
  }
  const other = protocol === 'https' ? 'HTTP_PROXY' : 'HTTPS_PROXY';
  return proxies[other] === undefined
    ? ok('proxy', `none: ${variable} is not set`)
    : warn(
        'proxy',
        `none: ${other} is set, but ${protocol} needs ${variable}`,
        `If this network has no direct way out, set ${variable} too.`,
      );
}

/** Resolves the name that this machine has to resolve: that of the proxy if there is one. */
export async function checkDns(route: Route): Promise<Finding> {
  const { host, what } = nextHop(route);
  if (isIP(host) !== 0) return ok('dns', `${what} is an address: nothing to resolve`);
  try {
    const addresses = await withTimeout(lookup(host, { all: true }), route.timeoutMs);
    const list = addresses.map(({ address }) => address).join(', ');
    return ok('dns', `${host}: ${list}`);
  } catch (error) {
    const code = codeOf(error);
    return fail(
      'dns',
      code === 'ENOTFOUND' ? `there is no host ${host}` : `${host} cannot be resolved (${code})`,
      `Check ${what === 'the proxy' ? 'the name of the proxy' : 'OUTBOUNDBOT_ENDPOINT'} for a typing error.`,
      'If the name is right, check the DNS servers of this machine or container, and that the network allows port 53.',
      ...(what === 'the proxy' || !host.includes('-vpc.')
        ? []
        : ['A -vpc name resolves only inside a VPC of Alibaba Cloud in that region.']),
    );
  }
}

/** Opens a connection to the service, or to the proxy. */
export async function checkTcp(route: Route, clock: Clock): Promise<Finding> {
  const { host, port, what } = nextHop(route);
  const startedAt = clock.now();
  const socket = connect({ host, port });
  try {
    await withTimeout(once(socket, 'connect'), route.timeoutMs);
    return ok('tcp', `${what} takes connections on port ${port} (${elapsed(clock, startedAt)})`);
  } catch (error) {
    return fail('tcp', ...tcpFailure(codeOf(error), what, port));
  } finally {
    socket.destroy();
  }
}

function tcpFailure(code: string, what: string, port: number): [found: string, ...advice: string[]] {
  const setting = what === 'the proxy' ? 'HTTPS_PROXY or HTTP_PROXY' : 'OUTBOUNDBOT_ENDPOINT';
  switch (code) {
    case 'ECONNREFUSED':
      return [
        `${what} refuses connections on port ${port} (ECONNREFUSED)`,
        `Nothing listens there: check the host and the port in ${setting}.`,
      ];
    case 'ETIMEDOUT':
      return [
        `${what} does not answer on port ${port}`,
        'A firewall, a security group or a NetworkPolicy drops the packets: allow this port, or set a proxy.',
      ];
    case 'ENETUNREACH':
    case 'EHOSTUNREACH':
      return [
        `there is no route to ${what} (${code})`,
        'This machine or container has no way out to that network: check its gateway, or set a proxy.',
      ];
    default:
      return [`no connection to ${what} on port ${port} (${code})`, `Check ${setting} and the network.`];
  }
}

/** Asks the proxy for a tunnel to the service. */
export async function checkTunnel(route: Route): Promise<Finding> {
  if (!route.proxy) return skip('tunnel', 'there is no proxy');
  try {
    const socket = await openSocket(route);
    socket.destroy();
    return ok('tunnel', 'the proxy opens a tunnel to the service');
  } catch (error) {
    if (error instanceof ProxyRefusedError && error.status === 407) {
      return fail(
        'tunnel',
        'the proxy asks for credentials (407)',
        'Put the user and the password into the URL of the proxy: http://user:password@host:port.',
      );
    }
    if (error instanceof ProxyRefusedError) {
      return fail(
        'tunnel',
        `the proxy refuses a tunnel to the service (${error.status})`,
        'Ask for the endpoint and its port to be allowed in the rules of the proxy.',
        'If the proxy itself cannot resolve or reach the endpoint, it answers 502, 503 or 504.',
      );
    }
    return fail(
      'tunnel',
      error instanceof ProxyTimeoutError
        ? 'the proxy does not answer'
        : `the proxy opens no tunnel (${codeOf(error)})`,
      'Check that an HTTP proxy listens there, and that its URL begins with http:// unless it speaks TLS itself.',
    );
  }
}
