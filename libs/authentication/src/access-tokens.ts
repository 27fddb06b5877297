import type { Clock } from '@app/resilience';
import {
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  jwtVerify,
  type JWTVerifyOptions,
  type JWTVerifyResult,
} from 'jose';

import type { Rejection, Verdict } from './caller.js';
import { isInstancePattern } from './instance-patterns.js';
import { KeysUnavailableError, type ProviderKeys } from './provider-keys.js';
import { accessByPatterns } from './read-access.js';
import { VerifiedTokens } from './verified-tokens.js';

export interface AccessTokensOptions {
  readonly issuer: string;
  readonly audience: string;
  /** The media types that a token may name as its `typ`. With `*`, it may name any type, or none. */
  readonly types: readonly string[];
  /** The scope that a token must have. */
  readonly scope: string;
  /** The claim with the scopes of a token. If undefined, that is `scope`, or `scp` in a token without `scope`. */
  readonly scopeClaim: string | undefined;
  /**
   * The claim with the ids of the instances that the caller may read, in which `*` matches any characters. If undefined,
   * every caller may read all instances.
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

/**
 * Verifies JWT access tokens as RFC 9068, section 4, describes, except where the options or the tokens of well-known
 * providers differ. An accepted token is remembered, and is then verified without a promise.
 */
export class AccessTokens {
  private readonly verified: VerifiedTokens;
  private readonly types: ReadonlySet<string>;

  constructor(
    private readonly options: AccessTokensOptions,
    private readonly keys: Pick<ProviderKeys, 'current' | 'find' | 'renew'>,
    private readonly clock: Clock,
  ) {
    this.verified = new VerifiedTokens(clock);
    this.types = new Set(options.types.map(shortType));
  }

  verify(token: string): Verdict | Promise<Verdict> {
    const keys = this.keys.current;
    const caller = keys && this.verified.find(token, keys);
    return caller ? { kind: 'accepted', caller } : this.verifyNow(token, keys);
  }

  /** @param keys those in use before the verification, which may fetch others */
  private async verifyNow(token: string, keys: object | undefined): Promise<Verdict> {
    let payload: JWTPayload;
    try {
      const verified = await this.verifyWithCurrentKeys(token);
      this.checkType(verified);
      this.checkAudience(verified);
      ({ payload } = verified);
    } catch (error) {
      return error instanceof KeysUnavailableError
        ? { kind: 'keys-unavailable' }
        : { kind: 'rejected', reason: reasonOf(error) };
    }
    const patterns = this.patternsOf(payload);
    const caller = { id: idOf(payload), ...accessByPatterns(patterns) };
    const { scope } = this.options;
    if (!this.scopesOf(payload).includes(scope)) return { kind: 'insufficient-scope', caller, scope };
    // jose has checked that there is an `exp`.
    const expiresAt = (Number(payload.exp) + CLOCK_SKEW_S) * 1000;
    if (keys) this.verified.add(token, keys, { caller, expiresAt, patterns: patterns.length });
    return { kind: 'accepted', caller };
  }

  /**
   * A token may leave out the id of its key (RFC 7515, section 4.1.4). A wrong signature may then mean that the provider
   * has a new key, so the keys are fetched again.
   */
  private async verifyWithCurrentKeys(token: string): Promise<JWTVerifyResult> {
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

  private async verifyClaims(token: string): Promise<JWTVerifyResult> {
    const { issuer } = this.options;
    const options: JWTVerifyOptions = {
      algorithms: ALGORITHMS,
      issuer,
      requiredClaims: ['exp'],
      clockTolerance: CLOCK_SKEW_S,
      currentDate: new Date(this.clock.wallTime()),
    };
    try {
      return await jwtVerify(token, this.keys.find, options);
    } catch (error) {
      if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
      // The token names no key, and several keys fit: one of them must have signed the token.
      for await (const key of error) {
        try {
          return await jwtVerify(token, key, options);
        } catch (wrongKey) {
          if (!(wrongKey instanceof errors.JWSSignatureVerificationFailed)) throw wrongKey;
        }
      }
      throw new errors.JWSSignatureVerificationFailed();
    }
  }

  private checkType({ protectedHeader: { typ }, payload }: JWTVerifyResult): void {
    if (this.types.has('*') || (typeof typ === 'string' && this.types.has(shortType(typ)))) return;
    throw new errors.JWTClaimValidationFailed('unexpected typ', payload, 'typ', 'check_failed');
  }

  /** Access tokens of Amazon Cognito have no `aud`. As in Amazon's own gateway, `client_id` then stands for it. */
  private checkAudience({ payload }: JWTVerifyResult): void {
    const audiences: unknown[] = [payload.aud ?? payload['client_id']].flat();
    if (audiences.includes(this.options.audience)) return;
    throw new errors.JWTClaimValidationFailed('unexpected aud', payload, 'aud', 'check_failed');
  }

  private scopesOf(payload: JWTPayload): unknown[] {
    const { scopeClaim } = this.options;
    return itemsOf(
      scopeClaim === undefined
        ? (ownClaim(payload, 'scope') ?? ownClaim(payload, 'scp'))
        : ownClaim(payload, scopeClaim),
    );
  }

  /** The patterns of the instance ids that the caller may read. Items of the claim that are none are ignored. */
  private patternsOf(payload: JWTPayload): string[] {
    const { instancesClaim } = this.options;
    if (instancesClaim === undefined) return ['*'];
    return itemsOf(ownClaim(payload, instancesClaim)).filter(isInstancePattern);
  }
}

/** RFC 9068, section 2.2, requires `sub` and `client_id`, but some providers leave one or both out. */
function idOf(payload: JWTPayload): string | undefined {
  const names = [payload.sub, payload['client_id'], payload['azp']];
  const subject = names.find((claim) => typeof claim === 'string');
  return subject === undefined ? undefined : `subject:${subject}`;
}

/** RFC 7515, section 4.1.9: a type without a slash means the media type with `application/` before it. */
function shortType(type: string): string {
  return type.toLowerCase().replace(/^application\//, '');
}

/** A configured claim may have the name of a property that every object inherits. */
function ownClaim(payload: JWTPayload, name: string): unknown {
  return Object.hasOwn(payload, name) ? payload[name] : undefined;
}

/**
 * The items of a claim that is a list, or a string with spaces between the items. A claim of another type has no items.
 */
function itemsOf(claim: unknown): unknown[] {
  return typeof claim === 'string' ? claim.split(' ') : Array.isArray(claim) ? claim : [];
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
      case 'typ':
        return 'wrong-type';
      default:
        return 'malformed';
    }
  }
  const isMalformed = error instanceof errors.JWSInvalid || error instanceof errors.JWTInvalid;
  return isMalformed ? 'malformed' : 'untrusted';
}
