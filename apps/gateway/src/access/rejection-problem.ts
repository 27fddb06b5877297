import type { Rejection, Verdict } from '@app/authentication';
import { Problem } from '@app/problem-details';

const REALM = 'realm="outboundbot-gateway"';

/** Why a credential is rejected, in words for the caller. */
const REASONS: Readonly<Record<Rejection, string>> = {
  'unknown-key': 'The API key is not valid.',
  'expired-key': 'The API key has expired.',
  malformed: 'The access token is not a JWT access token (RFC 9068).',
  expired: 'The access token has expired.',
  'not-yet-valid': 'The access token is not valid yet.',
  'wrong-issuer': 'The access token is of another issuer.',
  'wrong-audience': 'The access token is for another audience.',
  untrusted: 'The signature of the access token cannot be verified.',
};

/**
 * Maps a rejected credential to 401 or 403, or to 503 if it could not be checked.
 *
 * @param credentialHeaders the headers in which a credential may come
 */
export function rejectionProblem(
  verdict: Exclude<Verdict, { kind: 'accepted' }> | { readonly kind: 'missing' },
  credentialHeaders: readonly string[],
): Problem {
  switch (verdict.kind) {
    case 'missing':
      return new Problem('unauthenticated', {
        detail: `A credential is missing: send ${credentialHeaders.map(describe).join(' or ')}.`,
        headers: { 'www-authenticate': challenges(credentialHeaders) },
      });
    case 'rejected': {
      const detail = REASONS[verdict.reason];
      return new Problem('unauthenticated', {
        detail,
        headers: {
          // `invalid_token` makes clients renew their token, which does not help against a wrong API key.
          'www-authenticate':
            verdict.reason === 'unknown-key' || verdict.reason === 'expired-key'
              ? challenges(credentialHeaders)
              : challenges(credentialHeaders, `error="invalid_token", error_description="${detail}"`),
        },
      });
    }
    case 'insufficient-scope':
      return new Problem('forbidden', {
        detail: `The access token lacks the scope "${verdict.scope}".`,
        headers: {
          'www-authenticate': `Bearer ${REALM}, error="insufficient_scope", scope="${verdict.scope}"`,
        },
      });
    case 'keys-unavailable':
      return new Problem('upstream-unavailable', {
        retryAfterS: 10,
        detail: 'The provider of access tokens cannot be reached, so that none can be verified.',
      });
  }
}

function describe(header: string): string {
  return header === 'Authorization' ? 'an access token as Authorization: Bearer' : `an API key as ${header}`;
}

/**
 * The challenge for tokens follows RFC 6750, section 3. API keys have no registered scheme, so their challenge names
 * the header.
 */
function challenges(credentialHeaders: readonly string[], error?: string): string {
  return credentialHeaders
    .map((header) =>
      header === 'Authorization'
        ? `Bearer ${[REALM, ...(error === undefined ? [] : [error])].join(', ')}`
        : `ApiKey ${REALM}, header="${header}"`,
    )
    .join(', ');
}
