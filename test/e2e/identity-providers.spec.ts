import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';

import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { SAMPLE_ID, startStack } from '../support/gateway.js';

const DOCUMENT = readFileSync(new URL('../../docs/identity-providers.md', import.meta.url), 'utf8');
const TENANT = '00000000-0000-4000-8000-000000000001';
const API = '00000000-0000-4000-8000-00000000000a';
const CLIENT = '00000000-0000-4000-8000-00000000000b';
const USER = '00000000-0000-4000-8000-00000000000c';

/** The settings in the first block of code below a heading of the document. */
function settingsOf(heading: string): Record<string, string> {
  const [, block] = new RegExp(`^#+ ${heading}$[^]*?^\`\`\`ini\n([^]*?)^\`\`\``, 'm').exec(DOCUMENT) ?? [];
  if (block === undefined) throw new Error(`docs/identity-providers.md has no settings for ${heading}.`);
  return Object.fromEntries(
    block
      .trim()
      .split('\n')
      .map((line) => line.split(/=(.*)/, 2) as [string, string]),
  );
}

/** A token as a provider issues it: the header besides `alg` and `kid`, and the claims besides the times. */
interface Shape {
  readonly header: Record<string, unknown>;
  readonly claims: JWTPayload;
}

interface Provider {
  readonly heading: string;
  /** Whether the published keys name their algorithm. */
  readonly keysHaveAlg: boolean;
  /** Tokens that give access, and the caller that the log names. */
  readonly accepted: Readonly<Record<string, Shape & { readonly caller: string }>>;
  /** Tokens of the same provider that must not give access, and the status. */
  readonly refused: Readonly<Record<string, Shape & { readonly status: number }>>;
}

const keycloak: JWTPayload = {
  jti: 'onrtac:5d3f6a1e-8a0b-4c57-9b8e-1f0a6d4b7c21',
  iss: 'https://keycloak.example.com/realms/acme',
  aud: ['outboundbot-gateway', 'account'],
  sub: USER,
  typ: 'Bearer',
  azp: 'web-app',
  sid: 'e2b1b0f3-5a43-4a39-8f0e-6a6f1a8f3c55',
  acr: '1',
  'allowed-origins': ['https://app.example.com'],
  realm_access: { roles: ['offline_access', 'default-roles-acme', 'uma_authorization'] },
  resource_access: { account: { roles: ['manage-account', 'view-profile'] } },
  scope: 'openid profile instances:read email',
  email_verified: true,
  preferred_username: 'user',
};

const auth0: JWTPayload = {
  iss: 'https://acme.eu.auth0.com/',
  sub: 'auth0|6553da60a54af58e29493993',
  aud: ['https://outboundbot.example.com', 'https://acme.eu.auth0.com/userinfo'],
  azp: 'K1AUPhZq8mRi0Q0pjhkfu1D7y6KjDQja',
  scope: 'openid profile instances:read',
};

const entra2: JWTPayload = {
  aud: API,
  iss: `https://login.microsoftonline.com/${TENANT}/v2.0`,
  aio: 'AXQAi/8TAAAA',
  azp: CLIENT,
  azpacr: '1',
  oid: USER,
  rh: '0.AX0A',
  sub: 'HKZpfaHyWadeOouYlitjrI-KffTm222X5rrV3xDqfKQ',
  tid: TENANT,
  uti: 'fqiBqXLPj0eQa82S-IYFAA',
  ver: '2.0',
};

const entra1: JWTPayload = {
  aud: 'api://outboundbot-gateway',
  iss: `https://sts.windows.net/${TENANT}/`,
  acr: '1',
  aio: 'AXQAi/8TAAAA',
  amr: ['pwd'],
  appid: CLIENT,
  appidacr: '0',
  ipaddr: '203.0.113.7',
  oid: USER,
  rh: '0.AX0A',
  scp: 'Instances.Read User.Read',
  sub: 'l3_roISQU222bULS9yi2k0XpqpOiMz5H3ZACo1GeXA',
  tid: TENANT,
  unique_name: 'user@example.com',
  uti: 'FVsGxYXI30-TuikuuUoFAA',
  ver: '1.0',
};

const okta: JWTPayload = {
  ver: 1,
  jti: 'AT.MNAoEQ_jbKqoinrQo1D0XKjMX28U5d7ZszBceot7-Ts',
  iss: 'https://acme.okta.com/oauth2/default',
  aud: 'api://default',
  cid: '0oa1b2c3d4E5f6G7h8i9',
  uid: '00u1b2c3d4E5f6G7h8i9',
  scp: ['openid', 'instances:read'],
  auth_time: 1_688_145_909,
  sub: 'user@example.com',
};

const cognito: JWTPayload = {
  sub: USER,
  'cognito:groups': ['readers'],
  iss: 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Example12',
  version: 2,
  client_id: '1example23456789abcdefghij',
  origin_jti: '5b9f50a3-05da-454a-8b99-b79c2349de77',
  event_id: '64f513be-32db-42b0-b78e-b02127b4f463',
  token_use: 'access',
  scope: 'openid https://outboundbot.example.com/instances:read',
  auth_time: 1_676_312_777,
  jti: 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee',
  username: 'user',
};

const authing: JWTPayload = {
  jti: 'YEeiX17iDgNwHGmAapjSQ',
  sub: '601ad46d0a3d171f611164ce',
  scope: 'openid profile instances:read',
  iss: 'https://acme.authing.cn/oidc',
  aud: '601ad382d02a2ba94cf996c4',
};

const JWT = { typ: 'JWT' };
const AT_JWT = { typ: 'at+jwt' };
const without = (claims: JWTPayload, ...names: string[]): JWTPayload =>
  Object.fromEntries(Object.entries(claims).filter(([name]) => !names.includes(name)));

const PROVIDERS: readonly Provider[] = [
  {
    heading: 'Keycloak',
    keysHaveAlg: true,
    accepted: {
      'the token of a user': { header: JWT, claims: keycloak, caller: `subject:${USER}` },
      'the token of a user in a client with the type at+jwt': {
        header: AT_JWT,
        claims: { ...keycloak, aud: 'outboundbot-gateway' },
        caller: `subject:${USER}`,
      },
      'the token of a service account': {
        header: JWT,
        claims: {
          ...without(keycloak, 'sid'),
          scope: 'instances:read',
          clientHost: '203.0.113.7',
          client_id: 'batch',
          azp: 'batch',
        },
        caller: `subject:${USER}`,
      },
      'a token without sub': {
        header: JWT,
        claims: without(keycloak, 'sub'),
        caller: 'subject:web-app',
      },
    },
    refused: {
      'a token without the audience mapper': {
        header: JWT,
        claims: { ...keycloak, aud: 'account' },
        status: 401,
      },
      'a token without any audience': { header: JWT, claims: without(keycloak, 'aud'), status: 401 },
      'an ID token': {
        header: JWT,
        claims: { ...without(keycloak, 'scope'), typ: 'ID', aud: 'web-app', at_hash: 'x' },
        status: 401,
      },
      'the token of another realm': {
        header: JWT,
        claims: { ...keycloak, iss: 'https://keycloak.example.com/realms/other' },
        status: 401,
      },
      'a token without the client scope': {
        header: JWT,
        claims: { ...keycloak, scope: 'openid profile email' },
        status: 403,
      },
    },
  },
  {
    heading: 'Auth0',
    keysHaveAlg: true,
    accepted: {
      'the token of a user': {
        header: JWT,
        claims: auth0,
        caller: 'subject:auth0|6553da60a54af58e29493993',
      },
      'the token of a user with the profile RFC 9068': {
        header: AT_JWT,
        claims: { ...without(auth0, 'azp'), client_id: auth0['azp'], jti: '73WakrfVbNJBaAmhQtEeDv' },
        caller: 'subject:auth0|6553da60a54af58e29493993',
      },
      'the token of a machine': {
        header: JWT,
        claims: {
          ...auth0,
          sub: 'K1AUPhZq8mRi0Q0pjhkfu1D7y6KjDQja@clients',
          aud: 'https://outboundbot.example.com',
          scope: 'instances:read',
          gty: 'client-credentials',
        },
        caller: 'subject:K1AUPhZq8mRi0Q0pjhkfu1D7y6KjDQja@clients',
      },
    },
    refused: {
      'an issuer without the slash': {
        header: JWT,
        claims: { ...auth0, iss: 'https://acme.eu.auth0.com' },
        status: 401,
      },
      'an ID token': {
        header: JWT,
        claims: { ...without(auth0, 'scope'), aud: auth0['azp'] as string, nonce: 'x' },
        status: 401,
      },
      'a permission without a scope': {
        header: JWT,
        claims: { ...auth0, scope: 'openid', permissions: ['instances:read'] },
        status: 403,
      },
    },
  },
  {
    heading: 'Entra ID, version 2.0',
    keysHaveAlg: false,
    accepted: {
      'the token of a user': {
        header: JWT,
        claims: { ...entra2, scp: 'Instances.Read User.Read' },
        caller: `subject:${entra2.sub!}`,
      },
    },
    refused: {
      'the token of a service': {
        header: JWT,
        claims: { ...entra2, roles: ['Instances.Read'] },
        status: 403,
      },
      'a token of version 1.0': { header: JWT, claims: entra1, status: 401 },
      'a token of another tenant': {
        header: JWT,
        claims: {
          ...entra2,
          iss: `https://login.microsoftonline.com/${CLIENT}/v2.0`,
          scp: 'Instances.Read',
        },
        status: 401,
      },
      'a token for Microsoft Graph': {
        header: { ...JWT, nonce: 'x' },
        claims: { ...entra2, aud: '00000003-0000-0000-c000-000000000000', scp: 'Instances.Read' },
        status: 401,
      },
    },
  },
  {
    heading: 'Entra ID, version 1.0',
    keysHaveAlg: false,
    accepted: {
      'the token of a user': {
        header: { ...JWT, x5t: 'key-1' },
        claims: entra1,
        caller: `subject:${entra1.sub!}`,
      },
    },
    refused: {
      'a token of version 2.0': { header: JWT, claims: { ...entra2, scp: 'Instances.Read' }, status: 401 },
      'an issuer without the slash': {
        header: JWT,
        claims: { ...entra1, iss: `https://sts.windows.net/${TENANT}` },
        status: 401,
      },
    },
  },
  {
    heading: 'Entra ID, services and users',
    keysHaveAlg: false,
    accepted: {
      'the token of a service': {
        header: JWT,
        claims: { ...entra2, sub: USER, idtyp: 'app', roles: ['Instances.Read'] },
        caller: `subject:${USER}`,
      },
      'the token of a user with the role': {
        header: JWT,
        claims: { ...entra2, scp: 'User.Read', roles: ['Instances.Read', 'Other'] },
        caller: `subject:${entra2.sub!}`,
      },
    },
    refused: {
      'the scope without the role': {
        header: JWT,
        claims: { ...entra2, scp: 'Instances.Read' },
        status: 403,
      },
    },
  },
  {
    heading: 'Okta',
    keysHaveAlg: true,
    accepted: {
      'the token of a user': { header: {}, claims: okta, caller: 'subject:user@example.com' },
      'the token of a service': {
        header: {},
        claims: {
          ...without(okta, 'uid', 'auth_time'),
          sub: okta['cid'] as string,
          scp: ['instances:read'],
        },
        caller: 'subject:0oa1b2c3d4E5f6G7h8i9',
      },
    },
    refused: {
      'a token of the organization’s own server': {
        header: {},
        claims: { ...okta, iss: 'https://acme.okta.com', aud: 'https://acme.okta.com' },
        status: 401,
      },
      'an ID token': {
        header: {},
        claims: { ...without(okta, 'scp'), aud: okta['cid'] as string, amr: ['pwd'] },
        status: 401,
      },
      'a token without the scope': { header: {}, claims: { ...okta, scp: ['openid'] }, status: 403 },
    },
  },
  {
    heading: 'Amazon Cognito',
    keysHaveAlg: true,
    accepted: {
      'the token of a user': { header: {}, claims: cognito, caller: `subject:${USER}` },
      'the token of a machine': {
        header: {},
        claims: {
          ...without(cognito, 'cognito:groups', 'origin_jti', 'event_id', 'username'),
          sub: cognito['client_id'] as string,
          scope: 'https://outboundbot.example.com/instances:read',
        },
        caller: 'subject:1example23456789abcdefghij',
      },
    },
    refused: {
      'a token of another app client': {
        header: {},
        claims: { ...cognito, client_id: 'other' },
        status: 401,
      },
      'a token for another audience': {
        header: {},
        claims: { ...cognito, aud: 'https://other.example.com' },
        status: 401,
      },
      'an ID token': {
        header: {},
        claims: {
          ...without(cognito, 'client_id', 'scope'),
          aud: cognito['client_id'] as string,
          token_use: 'id',
        },
        status: 403,
      },
    },
  },
  {
    heading: 'Authing',
    keysHaveAlg: true,
    accepted: {
      'the token of a user': {
        header: { typ: 'JWT' },
        claims: authing,
        caller: 'subject:601ad46d0a3d171f611164ce',
      },
    },
    refused: {
      'the token of another application': { header: {}, claims: { ...authing, aud: 'other' }, status: 401 },
      'an ID token': { header: JWT, claims: without(authing, 'scope', 'jti'), status: 403 },
    },
  },
];

describe.each(PROVIDERS)(
  'with the documented settings for $heading',
  ({ heading, keysHaveAlg, accepted, refused }) => {
    let provider: Server;
    let stack: Awaited<ReturnType<typeof startStack>>;
    let privateKey: Awaited<ReturnType<typeof generateKeyPair>>['privateKey'];
    beforeAll(async () => {
      const pair = await generateKeyPair('RS256', { extractable: true });
      ({ privateKey } = pair);
      const jwk = { ...(await exportJWK(pair.publicKey)), use: 'sig', kid: 'key-1' };
      const keys = [keysHaveAlg ? { ...jwk, alg: 'RS256' } : { ...jwk, x5t: 'key-1' }];
      provider = createServer((_request, response) => response.end(JSON.stringify({ keys })));
      provider.listen(0, '127.0.0.1');
      await once(provider, 'listening');
      stack = await startStack({
        ...settingsOf(heading),
        AUTH_JWT_JWKS_URL: `http://127.0.0.1:${(provider.address() as { port: number }).port}/keys`,
      });
    });
    afterAll(async () => {
      await stack.close();
      provider.closeAllConnections();
      provider.close();
    });

    const get = async ({ header, claims }: Shape, requestId = 'any') => {
      const now = Math.floor(Date.now() / 1000);
      const token = await new SignJWT({ iat: now, nbf: now, exp: now + 3600, ...claims })
        .setProtectedHeader({ ...header, alg: 'RS256', kid: 'key-1' })
        .sign(privateKey);
      return stack.gateway.http
        .get(`/instances/${SAMPLE_ID}`)
        .set('authorization', `Bearer ${token}`)
        .set('x-request-id', requestId);
    };

    it.each(Object.entries(accepted))('%s gives access', async (name, { caller, ...shape }) => {
      const requestId = name.replaceAll(/[^a-z]/g, '-');
      expect((await get(shape, requestId)).status).toBe(200);
      const line = () => stack.gateway.requestLog().find((entry) => entry['requestId'] === requestId);
      await expect.poll(line).toMatchObject({ caller });
    });

    it.each(Object.entries(refused))('%s gives no access', async (_, { status, ...shape }) => {
      expect((await get(shape)).status).toBe(status);
    });
  },
);
