import type { Verdict } from '@app/authentication';
import { Problem, TEXTS } from '@app/problem-details';

const REALM = 'realm="outboundbot-gateway"';

/** The headers of answers are English: RFC 6750 allows only ASCII in an `error_description`. */
const ENGLISH = TEXTS.en.details;

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
        detail: (texts) =>
          texts.missingCredential(
            credentialHeaders.map((header) =>
              header === 'Authorization' ? texts.accessTokenHeader : texts.apiKeyHeader,
            ),
          ),
        headers: { 'www-authenticate': challenges(credentialHeaders) },
      });
    case 'rejected': {
      const { reason } = verdict;
      return new Problem('unauthenticated', {
        detail: (texts) => texts.rejectedCredential[reason],
        headers: {
          // `invalid_token` makes clients renew their token, which does not help against a wrong API key.
          'www-authenticate':
            reason === 'unknown-key' || reason === 'expired-key'
              ? challenges(credentialHeaders)
              : challenges(
                  credentialHeaders,
                  `error="invalid_token", error_description="${ENGLISH.rejectedCredential[reason]}"`,
                ),
        },
      });
    }
    case 'insufficient-scope':
      return new Problem('forbidden', {
        detail: (texts) => texts.missingScope(verdict.scope),
        headers: {
          'www-authenticate': `Bearer ${REALM}, error="insufficient_scope", scope="${verdict.scope}"`,
        },
      });
    case 'keys-unavailable':
      return new Problem('upstream-unavailable', {
        retryAfterS: 10,
        detail: (texts) => texts.providerUnreachable,
      });
  }
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
