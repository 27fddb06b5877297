import type { IncomingHttpHeaders } from 'node:http';

import type { AccessTokens, ApiKeyFile, Caller, Verdict } from '@app/authentication';

/** How callers may prove who they are. */
export class Credentials {
  /** The request headers on which answers depend. */
  readonly headers: readonly string[];

  constructor(
    private readonly apiKeys: ApiKeyFile | undefined,
    private readonly tokens: AccessTokens | undefined,
  ) {
    this.headers = [...(apiKeys ? ['X-API-Key'] : []), ...(tokens ? ['Authorization'] : [])];
  }

  /** Whether callers have to prove who they are. */
  get areRequired(): boolean {
    return this.headers.length > 0;
  }

  /**
   * Of two credentials the API key counts, right or wrong: a second guess for whoever fails with the first would only
   * help those who guess.
   */
  async verify(headers: IncomingHttpHeaders): Promise<Verdict | { readonly kind: 'missing' }> {
    if (!this.areRequired) return { kind: 'accepted', caller: ANYONE };
    const key = headers['x-api-key'];
    if (this.apiKeys && typeof key === 'string') return this.apiKeys.verify(key);
    const [, token] = BEARER.exec(headers.authorization ?? '') ?? [];
    if (this.tokens && token !== undefined) return this.tokens.verify(token);
    return { kind: 'missing' };
  }
}

/** RFC 6750, section 2.1; the scheme's case does not matter (RFC 9110, section 11.1). */
const BEARER = /^Bearer +([^ ]+) *$/i;

/** The caller where nobody has to prove anything. */
export const ANYONE: Caller = { id: undefined, mayRead: () => true };
