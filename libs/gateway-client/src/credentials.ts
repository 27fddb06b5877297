import { abortable } from './abortable.js';
import { GatewayError } from './gateway-error.js';

/**
 * A key or token, or a function that gives the one to use, which is called before every attempt. None is sent while it
 * is undefined or empty.
 */
export type CredentialSource = string | (() => string | undefined | Promise<string | undefined>);

export interface Credentials {
  readonly apiKey?: CredentialSource | undefined;
  readonly accessToken?: CredentialSource | undefined;
}

/**
 * The headers that prove who calls.
 *
 * @throws GatewayError `unauthenticated` for what no header can carry; what a source throws; the signal's reason
 */
export async function credentialHeaders(
  { apiKey, accessToken }: Credentials,
  signal: AbortSignal | undefined,
): Promise<Record<string, string>> {
  const key = await current('API key', apiKey, signal);
  const token = await current('access token', accessToken, signal);
  return {
    ...(key === undefined ? {} : { 'X-API-Key': key }),
    ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
  };
}

async function current(
  name: string,
  source: CredentialSource | undefined,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const given = typeof source === 'function' ? await abortable(Promise.resolve(source()), signal) : source;
  // A key that comes out of a file often ends in a line break.
  const credential = given?.trim();
  if (credential === undefined || credential === '') return undefined;
  // Checked here, as the error that fetch throws would quote it.
  if (!/^[\x21-\x7e]+$/.test(credential)) {
    throw new GatewayError('unauthenticated', {
      detail: `The ${name} holds characters that no such credential has. Nothing was sent.`,
    });
  }
  return credential;
}
