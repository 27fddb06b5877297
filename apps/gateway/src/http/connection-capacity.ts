import { readFileSync } from 'node:fs';

import { compile } from '@fastify/proxy-addr';

import type { Settings, SettingWarning } from '../settings/settings.js';
import type { ConnectionGuardOptions } from './connection-guard.js';

/** More than these need more memory than a process should use for them. */
const MAX_CONNECTIONS = 10_000;

/** Descriptors that the gateway needs besides its calls of the upstream: for files, Redis, metrics, DNS, key providers, traces. */
const OWN_DESCRIPTORS = 100;

/**
 * How many connections callers may have, by the settings and by the descriptors that the process may open.
 *
 * @param limit how many file descriptors the process may open
 */
export function connectionCapacity(
  { server, upstream }: Settings,
  limit = descriptorLimit(),
): ConnectionGuardOptions {
  const reserved = reservedDescriptors(upstream, limit);
  const max = server.maxConnections ?? Math.min(MAX_CONNECTIONS, Math.floor(limit - reserved));
  return {
    max,
    maxPerAddress: server.maxConnectionsPerAddress ?? Math.ceil(max / 2),
    isProxy: isProxy(server.trustProxy),
    maxDescriptor: limit - reserved / 2,
  };
}

/**
 * Limits of connections that cannot be reached.
 *
 * @param limit how many file descriptors the process may open
 */
export function connectionWarnings(settings: Settings, limit = descriptorLimit()): SettingWarning[] {
  const { max, maxPerAddress } = connectionCapacity(settings, limit);
  const warnings: SettingWarning[] = [];
  if (max > limit - reservedDescriptors(settings.upstream, limit)) {
    warnings.push({
      setting: 'MAX_CONNECTIONS',
      hint:
        'The limit of file descriptors leaves room for fewer connections, and further ones are refused: raise ' +
        'ulimit -n, or lower this.',
    });
  }
  if (maxPerAddress > max) {
    warnings.push({
      setting: 'MAX_CONNECTIONS_PER_ADDRESS',
      hint:
        'It is higher than the number of all connections, so one address can take all of them: set it lower than ' +
        'MAX_CONNECTIONS.',
    });
  }
  return warnings;
}

/** What the gateway keeps for itself. */
function reservedDescriptors({ concurrency }: Settings['upstream'], limit: number): number {
  return Math.min(OWN_DESCRIPTORS + concurrency.maxConcurrency, limit / 2);
}

function isProxy(trustProxy: Settings['server']['trustProxy']): (address: string) => boolean {
  if (typeof trustProxy === 'boolean') return () => trustProxy;
  const isListed = compile([...trustProxy]);
  return (address) => isListed(address, 0);
}

/**
 * How many file descriptors the process may open, as `ulimit -n` shows it; Infinity where that cannot be found out. Only Linux
 * has the file.
 */
function descriptorLimit(): number {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return soft === undefined ? Infinity : Number(soft);
  } catch {
    return Infinity;
  }
}
