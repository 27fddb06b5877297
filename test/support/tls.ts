import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createServer } from 'node:tls';

import { generate } from 'selfsigned';

/** A certificate with its key, both in PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

const DAY_MS = 86_400_000;

/** A certification authority of our own, which nobody trusts by itself. */
export async function makeAuthority(): Promise<Certificate> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'Test authority' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  return { cert, key };
}

/** A server's certificate for these names; signed by itself without an authority. */
export async function makeCertificate(
  names: readonly string[],
  { authority, days = 30 }: { authority?: Certificate; days?: number } = {},
): Promise<Certificate> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: names[0] ?? '' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: new Date(Date.now() - 100 * DAY_MS),
    notAfterDate: new Date(Date.now() + days * DAY_MS),
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: names.map((name) =>
          /^[\d.]+$/.test(name) ? { type: 7, ip: name } : { type: 2, value: name },
        ),
      },
    ],
    ...(authority ? { ca: authority } : {}),
  });
  return { cert, key };
}

/** Takes TLS off what comes, and hands it on to a server on this machine. */
export async function startTlsTerminator(certificate: Certificate, targetPort: number) {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
  };
  let connections = 0;
  const server = createServer(certificate, (socket) => {
    const far = connect(targetPort, '127.0.0.1');
    keep(socket);
    keep(far);
    socket.pipe(far).pipe(socket);
    socket.on('close', () => far.destroy());
    far.on('close', () => socket.destroy());
  });
  server.on('tlsClientError', () => undefined);
  server.on('connection', () => (connections += 1));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    port: (server.address() as { port: number }).port,
    /** How many have been made so far, with a handshake that went well or not. */
    connections: () => connections,
    close: (): void => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
