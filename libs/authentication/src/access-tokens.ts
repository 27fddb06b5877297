import type { Clock } from '@app/resilience';
import { decodeProtectedHeader, errors, type JWTPayload, jwtVerify, type JWTVerifyOptions } from 'jose';

import type { Caller, Rejection, Verdict } from './caller.js';
import { KeysUnavailableError, type ProviderKeys } from './provider-keys.js';
import { accessByPatterns, ALL_INSTANCES } from './read-access.js';

export interface AccessTokensOptions {
  readonly issuer: string;
  readonly audience: string;
  /** The scope that a token must have. */
  readonly scope: string;
  /**
   * The claim with the ids of the instances that the caller may read, `*` for all. If undefined, every caller may read
   * all instances.
   */
  readonly instancesClaim: string | undefined;
}

/** Only asymmetric signatures are accepted. With a shared secret (HS256), the gateway could also issue tokens. */
const ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];

/** The largest accepted difference between the provider's clock and the gateway's, in seconds. */
const CLOCK_SKEW_S = 60;

/** Verifies JWT access tokens as RFC 9068, section 4, describes. */
export class AccessTokens {
  constructor(
    private readonly options: AccessTokensOptions,
    private readonly keys: Pick<ProviderKeys, 'find' | 'renew'>,
    private readonly clock: Clock,
  ) {}

  async verify(token: string): Promise<Verdict> {
    let payload: JWTPayload;
    try {
      payload = await this.verifyWithCurrentKeys(token);
    } catch (error) {
      return error instanceof KeysUnavailableError
        ? { kind: 'keys-unavailable' }
        : { kind: 'rejected', reason: reasonOf(error) };
    }
    const caller = this.callerOf(payload);
    const { scope } = this.options;
    return itemsOf(payload['scope']).includes(scope)
      ? { kind: 'accepted', caller }
      : { kind: 'insufficient-scope', caller, scope };
  }

  /**
   * A token may leave out the id of its key (RFC 7515, section 4.1.4). A wrong signature may then mean that the provider
   * has a new key, so the keys are fetched again.
   */
  private async verifyWithCurrentKeys(token: string): Promise<JWTPayload> {
    try {
      return await this.verifyClaims(token);
    } catch (error) {
      const mayHaveNewKey =
        error instanceof errors.JWSSignatureVerificationFailed &&
        decodeProtectedHeader(token).kid === undefined;
      if (mayHaveNewKey && (await this.keys.renew())) return this.verifyClaims(token);
      throw error;
    }
  }

  private async verifyClaims(token: string): Promise<JWTPayload> {
    const { issuer, audience } = this.options;
    const options: JWTVerifyOptions = {
      algorithms: ALGORITHMS,
      typ: 'at+jwt',
      issuer,
      audience,
      requiredClaims: ['exp'],
      clockTolerance: CLOCK_SKEW_S,
      currentDate: new Date(this.clock.wallTime()),
    };
    try {
      return (await jwtVerify(token, this.keys.find, options)).payload;
    } catch (error) {
      if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
      // The token names no key, and several keys fit: one of them must have signed the token.
      for await (const key of error) {
        try {
          return (await jwtVerify(token, key, options)).payload;
        } catch (wrongKey) {
          if (!(wrongKey instanceof errors.JWSSignatureVerificationFailed)) throw wrongKey;
        }
      }
      throw new errors.JWSSignatureVerificationFailed();
    }
  }

  private callerOf(payload: JWTPayload): Caller {
    const { instancesClaim } = this.options;
    // RFC 9068, section 2.2, requires `sub` and `client_id`, but some providers leave one out.
    const subject = [payload.sub, payload['client_id']].find((claim) => typeof claim === 'string');
    const id = subject === undefined ? undefined : `subject:${subject}`;
    if (instancesClaim === undefined) return { id, ...ALL_INSTANCES };
    const claim = Object.hasOwn(payload, instancesClaim) ? payload[instancesClaim] : undefined;
    return { id, ...accessByPatterns(itemsOf(claim).filter(isIdOrAll)) };
  }
}

/**
 * The items of a claim that is a list, or a string with spaces between the items. A claim of another type has no items.
 */
function itemsOf(claim: unknown): unknown[] {
  return typeof claim === 'string' ? claim.split(' ') : Array.isArray(claim) ? claim : [];
}

/** A claim may not contain patterns, so an id with `*` in it matches nothing. */
function isIdOrAll(item: unknown): item is string {
  return typeof item === 'string' && (item === '*' || !item.includes('*'));
}

function reasonOf(error: unknown): Rejection {
  if (error instanceof errors.JWTExpired) return 'expired';
  if (error instanceof errors.JWTClaimValidationFailed) {
    switch (error.claim) {
      case 'nbf':
        return 'not-yet-valid';
      case 'iss':
        return 'wrong-issuer';
      case 'aud':
        return 'wrong-audience';
      default:
        return 'malformed';
    }
  }
  const isMalformed = error instanceof errors.JWSInvalid || error instanceof errors.JWTInvalid;
  return isMalformed ? 'malformed' : 'untrusted';
}
