import { createHmac } from 'node:crypto';

import { canonicalParameters, type Parameter, percentEncode } from '../protocol/parameters.js';

/**
 * Signs a call by the older RPC rules (HMAC-SHA1), in base64.
 *
 * The signature covers every parameter of the query and of the form body except `Signature`. It covers no header.
 */
export function signV1(method: string, parameters: readonly Parameter[], accessKeySecret: string): string {
  const signed = parameters.filter(([name]) => name !== 'Signature');
  const stringToSign = `${method}&%2F&${percentEncode(canonicalParameters(signed))}`;
  return createHmac('sha1', `${accessKeySecret}&`).update(stringToSign).digest('base64');
}
