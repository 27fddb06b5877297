import { once } from 'node:events';
import { createServer, type Server } from 'node:http';

import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';
import { Provider } from 'oidc-provider';

import { freePort } from './redis-server.js';

/** The audience of the access tokens (RFC 8707). */
export const AUDIENCE = 'https://gateway.example.com';

/** A private key of a provider, with which a test can also sign tokens that the provider would never issue. */
export interface SigningKey {
  readonly jwk: JWK & { readonly kid: string };
  sign(header: Record<string, unknown>, payload: JWTPayload): Promise<string>;
}

export async function makeKey(kid: string): Promise<SigningKey> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  return {
    jwk: { ...(await exportJWK(privateKey)), kid, alg: 'RS256', use: 'sig' },
    sign: (header, payload) =>
      new SignJWT(payload).setProtectedHeader({ alg: 'RS256', kid, ...header }).sign(privateKey),
  };
}

/** A real local OpenID provider (oidc-provider), which issues RFC 9068 access tokens to one client. */
export class OpenIdProvider {
  private server: Server | undefined;
  private handle: ReturnType<Provider['callback']> = () => Promise.resolve();

  /** The number of requests for the keys of the provider. */
  keyRequests = 0;

  private constructor(
    readonly issuer: string,
    public key: SigningKey,
  ) {}

  static async start(): Promise<OpenIdProvider> {
    const provider = new OpenIdProvider(`http://127.0.0.1:${await freePort()}`, await makeKey('first'));
    provider.publish();
    await provider.resume();
    return provider;
  }

  /** Signs with a new key from now on, and no longer publishes the old one. */
  async rotate(kid: string): Promise<void> {
    this.key = await makeKey(kid);
    this.publish();
  }

  /** Refuses connections until it resumes. */
  async pause(): Promise<void> {
    const { server } = this;
    if (!server) return;
    this.server = undefined;
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }

  async resume(): Promise<void> {
    this.server = createServer((request, response) => {
      if (request.url === '/jwks') this.keyRequests += 1;
      void this.handle(request, response);
    }).listen(Number(new URL(this.issuer).port), '127.0.0.1');
    await once(this.server, 'listening');
  }

  /** Requests an access token with the client credentials grant (RFC 6749, section 4.4). */
  async token(scope = 'instances:read', instances = '*'): Promise<string> {
    const response = await fetch(`${this.issuer}/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from('service:secret').toString('base64')}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', scope, resource: AUDIENCE, instances }),
    });
    const { access_token: token } = (await response.json()) as { access_token?: string };
    if (token === undefined) throw new Error(`The provider issued no token (${response.status}).`);
    return token;
  }

  private publish(): void {
    const provider = new Provider(this.issuer, {
      jwks: { keys: [this.key.jwk] },
      clients: [
        {
          client_id: 'service',
          client_secret: 'secret',
          grant_types: ['client_credentials'],
          redirect_uris: [],
          response_types: [],
        },
      ],
      scopes: ['instances:read', 'something:else'],
      extraParams: ['instances'],
      extraTokenClaims: ({ oidc }) => ({ instances: (oidc.body?.['instances'] as string).split(' ') }),
      features: {
        devInteractions: { enabled: false },
        clientCredentials: { enabled: true },
        resourceIndicators: {
          enabled: true,
          getResourceServerInfo: () => ({
            scope: 'instances:read something:else',
            audience: AUDIENCE,
            accessTokenTTL: 3600,
            accessTokenFormat: 'jwt',
          }),
        },
      },
    });
    this.handle = provider.callback();
  }
}
