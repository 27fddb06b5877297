import { type Account, fingerprintOf } from './account.js';
import { FORMAT } from './entry-codec.js';

/**
 * What the names of all keys begin with. Gateways of different accounts, of different upstream endpoints, or of releases
 * with another format share one Redis without seeing each other's keys.
 */
export function namespaceOf(account: Account, endpoint: string): string {
  return `outboundbot-gateway:${FORMAT}:${fingerprintOf(account)}:${endpoint}`;
}
