import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls, type PeerCertificate, type TLSSocket } from 'node:tls';

import { connectorFor, ProxyRefusedError, ProxyTimeoutError } from '@app/http-client';
import { tlsAdvice } from '@app/outboundbot-client';
import type { Clock } from '@app/resilience';

import type { Settings } from '../settings/settings.js';
import { fail, type Finding, ok, skip, warn } from './finding.js';

/** The way to the service: first to the proxy, if there is one. */
export interface Route {
  readonly protocol: 'http' | 'https';
  readonly host: string;
  readonly port: number;
  readonly proxy: URL | undefined;
  /** The limit for each step, in milliseconds. */
  readonly timeoutMs: number;
}

export function routeOf({ client }: Settings, timeoutMs: number): Route {
  const { protocol, endpoint, proxy } = client;
  const { hostname, port } = new URL(`${protocol}://${endpoint}`);
  return {
    protocol,
    host: withoutBrackets(hostname),
    port: Number(port) || (protocol === 'https' ? 443 : 80),
    proxy,
    timeoutMs,
  };
}

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

/** Makes a TLS connection, and looks at the certificate even if it is not valid. */
export async function checkTls(route: Route, clock: Clock): Promise<Finding> {
  if (route.protocol === 'http') {
    return skip('tls', 'OUTBOUNDBOT_PROTOCOL is http: requests and answers are readable on the way');
  }
  let socket: TLSSocket | undefined;
  try {
    socket = connectTls({
      socket: await openSocket(route),
      ...(isIP(route.host) === 0 && { servername: route.host }),
      host: route.host,
      // The connection is used for nothing else. The error is in `authorizationError`.
      rejectUnauthorized: false,
    });
    await withTimeout(once(socket, 'secureConnect'), route.timeoutMs);
    return judgeCertificate(socket, route, clock);
  } catch (error) {
    const code = codeOf(error);
    return fail(
      'tls',
      `no TLS connection (${code})`,
      tlsAdvice(code) === undefined
        ? 'The connection ended during the handshake: a firewall that inspects TLS may do that.'
        : 'The port does not speak TLS, or no version that Node.js accepts: check the port in OUTBOUNDBOT_ENDPOINT.',
    );
  } finally {
    socket?.destroy();
  }
}

const DAY_MS = 86_400_000;

function judgeCertificate(socket: TLSSocket, { host }: Route, clock: Clock): Finding {
  // Without a certificate the object is empty.
  const certificate: Partial<PeerCertificate> = socket.getPeerCertificate();
  const { issuer, subjectaltname = '', valid_from: from = '', valid_to: to = '' } = certificate;
  const issuerName = [issuer?.O ?? issuer?.CN ?? 'an unknown authority'].flat().join(', ');
  const days = Math.floor((Date.parse(to) - clock.wallTime()) / DAY_MS);
  const described = `${socket.getProtocol() ?? 'TLS'}, issued by ${issuerName}, valid for ${days} days`;
  // Node sets this to the code of the error, although its type is Error.
  const problem = socket.authorizationError as Error | string | undefined | null;
  const code = problem instanceof Error ? codeOf(problem) : (problem ?? '');
  if (code === '') {
    return days < 14
      ? warn('tls', described, 'The certificate expires soon: its owner has to renew it.')
      : ok('tls', described);
  }
  switch (code) {
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
    case 'HOSTNAME_MISMATCH':
      return fail(
        'tls',
        `the certificate is for ${subjectaltname.replaceAll(/(DNS|IP Address):/g, '') || 'another host'}, not for ${host}`,
        'Set OUTBOUNDBOT_ENDPOINT to a name in the certificate.',
        'If the name is right, DNS or a proxy leads to another server.',
      );
    case 'CERT_HAS_EXPIRED':
      return fail(
        'tls',
        `the certificate expired at ${isoDate(to)}`,
        'If the clock of this machine is right, the owner of the certificate has to renew it.',
      );
    case 'CERT_NOT_YET_VALID':
      return fail(
        'tls',
        `the certificate is valid only from ${isoDate(from)}`,
        'Set the clock of this machine.',
      );
    default:
      return fail(
        'tls',
        `the certificate is issued by ${issuerName}, which is not trusted (${code})`,
        'If a proxy or a CA of your own issues it, put the CA into a file and name it in NODE_EXTRA_CA_CERTS.',
        'If not, another machine answers in place of the service: do not trust it.',
      );
  }
}

function isoDate(date: string): string {
  return new Date(date).toISOString();
}

/** A connection to the service without TLS, through a tunnel if there is a proxy. */
async function openSocket({ host, port, proxy, timeoutMs }: Route): Promise<Socket> {
  const target = {
    hostname: host,
    host: host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`,
    port: String(port),
    protocol: 'http:',
  };
  return new Promise((resolve, reject) => {
    connectorFor(proxy, timeoutMs)(target, (error, socket) => {
      if (error) reject(error);
      else resolve(socket);
    });
  });
}

function nextHop({ host, port, proxy }: Route): { host: string; port: number; what: string } {
  if (!proxy) return { host, port, what: 'the service' };
  const defaultPort = proxy.protocol === 'https:' ? 443 : 80;
  return {
    host: withoutBrackets(proxy.hostname),
    port: Number(proxy.port) || defaultPort,
    what: 'the proxy',
  };
}

function withoutBrackets(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '');
}

/** Rejects with an ETIMEDOUT error when the time is over. */
async function withTimeout<T>(result: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' }));
    }, timeoutMs);
  });
  try {
    return await Promise.race([result, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Only the code of an error is shown: its message may have addresses, and it may have a URL with a password. */
function codeOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}

export function elapsed(clock: Clock, startedAt: number): string {
  return `${Math.round(clock.now() - startedAt)} ms`;
}
