import createClient, { type Client } from 'openapi-fetch';

import { resolveBaseUrl } from './base-url.js';
import type { paths } from './generated/paths.js';

/** Sends requests to the gateway's routes. */
export type Http = Client<paths>;

/** @throws TypeError if the base URL is invalid */
export function createHttp(baseUrl: string): Http {
  return createClient({
    baseUrl: resolveBaseUrl(baseUrl),
    headers: { Accept: 'application/json' },
    // `fetch` would send the API key to the origin that a redirect names. The gateway never redirects a read.
    redirect: 'manual',
  });
}
