import { abortable } from './abortable.js';
import { GatewayError } from './gateway-error.js';

/**
 * A key or token, or a function that returns it. The function is called before every attempt. An undefined or empty
 * credential is not sent.
 */
export type CredentialSource = string | (() => string | undefined | Promise<string | undefined>);

export interface Credentials {
  readonly apiKey?: CredentialSource | undefined;
  readonly accessToken?: CredentialSource | undefined;
}

/**
 * Makes the headers with the caller's credentials.
 *
 * @throws GatewayError `unauthenticated` if a header cannot carry a credential; the error of a credential function; the
 * signal's reason
 */
export async function credentialHeaders(
  { apiKey, accessToken }: Credentials,
  signal: AbortSignal | undefined,
): Promise<Record<string, string>> {
  const key = await resolve('API key', apiKey, signal);
  const token = await resolve('access token', accessToken, signal);
  return {
    ...(key === undefined ? {} : { 'X-API-Key': key }),
    ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
  };
}

async function resolve(
  name: string,
  source: CredentialSource | undefined,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const given = typeof source === 'function' ? await abortable(Promise.resolve(source()), signal) : source;
  // A key from a file often ends with a line break.
  const credential = given?.trim();
  if (credential === undefined || credential === '') return undefined;
  // Checked here, because `fetch` would throw an error that quotes the credential.
  if (!/^[\x21-\x7e]+$/.test(credential)) {
    throw new GatewayError('unauthenticated', {
      detail: `The ${name} has characters that an HTTP header cannot carry. No request was sent.`,
    });
  }
  return credential;
}
