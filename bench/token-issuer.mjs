import { once } from 'node:events';
import { createServer } from 'node:http';

import { exportJWK, generateKeyPair, SignJWT } from 'jose';

const AUDIENCE = 'https://gateway.example.com';
const KEY_ID = 'bench';

/** Makes an access token (RFC 9068) that is valid for longer than a run, and publishes the key that it is signed with. */
export async function startIssuer() {
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const keys = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: KEY_ID, alg: 'RS256' }] });
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/jwk-set+json');
    response.end(keys);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const token = await new SignJWT({ client_id: 'bench', scope: 'instances:read' })
    .setProtectedHeader({ alg: 'RS256', kid: KEY_ID, typ: 'at+jwt' })
    .setIssuer(issuer)
    .setSubject('bench')
    .setAudience(AUDIENCE)
    .setJti('bench')
    .setIssuedAt()
    .setExpirationTime('2h')
    .sign(privateKey);
  return {
    /** The settings of a gateway that admits this token. */
    variables: {
      AUTH_MODE: 'jwt',
      AUTH_JWT_ISSUER: issuer,
      AUTH_JWT_AUDIENCE: AUDIENCE,
      AUTH_JWT_JWKS_URL: `${issuer}/jwks`,
    },
    token,
  };
}
