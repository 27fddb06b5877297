import { once } from 'node:events';
import { isIP } from 'node:net';
import { connect as connectTls, type PeerCertificate, type TLSSocket } from 'node:tls';

import { tlsAdvice } from '@app/outboundbot-client';
import type { Clock } from '@app/resilience';

import { fail, type Finding, ok, skip, warn } from './finding.js';
import { codeOf, openSocket, type Route, withTimeout } from './route.js';

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
