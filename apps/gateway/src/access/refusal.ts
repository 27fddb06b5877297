import type { Rejection, Verdict } from '@app/authentication';
import { Problem } from '@app/problem-details';

const REALM = 'realm="outboundbot-gateway"';

/** What is wrong with a credential, for whoever sent it. */
const REASONS: Readonly<Record<Rejection, string>> = {
  'unknown-key': 'The API key is not valid.',
  malformed: 'The access token is not a JWT access token (RFC 9068).',
  expired: 'The access token has expired.',
  'not-yet-valid': 'The access token is not valid yet.',
  'wrong-issuer': 'The access token is of another issuer.',
  'wrong-audience': 'The access token is for another audience.',
  untrusted: 'The signature of the access token cannot be verified.',
};

/**
 * The error that a caller is told about whose credential does not do.
 *
 * @param ways the headers in which a credential may come
 */
export function refusal(
  verdict: Exclude<Verdict, { kind: 'accepted' }> | { readonly kind: 'missing' },
  ways: readonly string[],
): Problem {
  switch (verdict.kind) {
    case 'missing':
      return new Problem('unauthenticated', {
        detail: `A credential is missing: send ${ways.map(nameOf).join(' or ')}.`,
        headers: { 'www-authenticate': challenges(ways) },
      });
    case 'rejected': {
      const detail = REASONS[verdict.reason];
      return new Problem('unauthenticated', {
        detail,
        headers: {
          // The error is one of tokens: without one it would have clients renew theirs in vain.
          'www-authenticate':
            verdict.reason === 'unknown-key'
              ? challenges(ways)
              : challenges(ways, `error="invalid_token", error_description="${detail}"`),
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
    case 'undecided':
      return new Problem('upstream-unavailable', {
        retryAfterS: 10,
        detail: 'The provider of access tokens cannot be reached, so that none can be verified.',
      });
  }
}

function nameOf(header: string): string {
  return header === 'Authorization' ? 'an access token as Authorization: Bearer' : `an API key as ${header}`;
}

/** RFC 6750, section 3, for tokens. API keys have no registered scheme (RFC 9110, section 11), so theirs says where. */
function challenges(ways: readonly string[], error?: string): string {
  return ways
    .map((header) =>
      header === 'Authorization'
        ? `Bearer ${[REALM, ...(error === undefined ? [] : [error])].join(', ')}`
        : `ApiKey ${REALM}, header="${header}"`,
    )
    .join(', ');
}
