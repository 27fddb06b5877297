import type { Socket } from 'node:net';

import { connectorFor } from '@app/http-client';

import type { Settings } from '../settings/settings.js';

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

/** A connection to the service without TLS, through a tunnel if there is a proxy. */
export async function openSocket({ host, port, proxy, timeoutMs }: Route): Promise<Socket> {
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

export function nextHop({ host, port, proxy }: Route): { host: string; port: number; what: string } {
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
export async function withTimeout<T>(result: Promise<T>, timeoutMs: number): Promise<T> {
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
export function codeOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}
