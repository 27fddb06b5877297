import { hkdfSync } from 'node:crypto';

/** What only the gateways of one account know. */
export interface Account {
  /** The secret that all replicas have: `REDIS_SECRET`, or the secret of the fixed access key. */
  readonly secret: string;
  /** The id of the access key, if that is fixed: accounts that were given one secret by mistake still share nothing. */
  readonly accessKeyId?: string | undefined;
  /** Without a fixed access key: the role or profile that the credential chain is told, if it is told any. */
  readonly roleOrProfile?: string | undefined;
}

/** The key of the HMAC under entries. */
export function entryKeyOf({ secret }: Account): Buffer {
  return derive(secret, 'entries', 32);
}

/** Names the account in the names of keys, and reveals nothing of the secret. */
export function fingerprintOf({ secret, accessKeyId, roleOrProfile = '' }: Account): string {
  return derive(secret, `fingerprint ${accessKeyId ?? roleOrProfile}`, 12).toString('base64url');
}

/** HKDF with SHA-256 (RFC 5869). */
function derive(secret: string, purpose: string, bytes: number): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, 'outboundbot-gateway', purpose, bytes));
}
