import { once } from 'node:events';
import { connect } from 'node:net';

import { CONNECT_TIMEOUT_MS } from './create-client.js';
import type { RedisTarget } from './redis-url.js';

/** What ioredis says when it could not connect. It leaves out why no sentinel answered, and why TLS took too long. */
const UNCLEAR =
  /^connect ETIMEDOUT$|All sentinels are unreachable.*(Connection is closed|Command timed out)|refresh slots cache/;

/**
 * Finds out why a client could not connect: with a TCP connection of its own if the error does not say. Never rejects.
 *
 * @returns the error that says it
 */
export async function explainConnectFailure(error: Error, { hosts, tls }: RedisTarget): Promise<Error> {
  const [first] = hosts;
  if (!first || !UNCLEAR.test(error.message)) return error;
  const socket = connect(first);
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(CONNECT_TIMEOUT_MS) });
  } catch (cause) {
    return cause instanceof Error && 'code' in cause && cause.code !== 'ABORT_ERR' ? cause : error;
  } finally {
    socket.on('error', () => undefined);
    socket.destroy();
  }
  if (!tls) return error;
  return Object.assign(new Error('The server does not use TLS'), { code: 'ERR_TLS_HANDSHAKE_TIMEOUT' });
}
