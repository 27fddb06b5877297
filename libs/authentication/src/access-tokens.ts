import type { Clock } from '@app/resilience';
import { decodeProtectedHeader, errors, type JWTPayload, jwtVerify, type JWTVerifyOptions } from 'jose';

import type { Caller, Rejection, Verdict } from './caller.js';
import { KeysUnavailableError, type ProviderKeys } from './provider-keys.js';

export interface AccessTokensOptions {
  readonly issuer: string;
  readonly audience: string;
  /** What a token must be good for, in its `scope`. */
  readonly scope: string;
  /** The claim that lists the ids that may be read, `*` for all. Without it all may be. */
  readonly instancesClaim: string | undefined;
}

/** Signatures that the provider alone can make. A secret that we shared with it would let us make tokens too. */
const ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];

/** How far the provider's clock may be from ours, in seconds. */
const CLOCK_SKEW_S = 60;

/** Verifies JWT access tokens as RFC 9068, section 4, has it. */
export class AccessTokens {
  constructor(
    private readonly options: AccessTokensOptions,
    private readonly keys: Pick<ProviderKeys, 'find' | 'renew'>,
    private readonly clock: Clock,
  ) {}

  async verify(token: string): Promise<Verdict> {
    let payload: JWTPayload;
    try {
      payload = await this.verifyWithNewestKeys(token);
    } catch (error) {
      return error instanceof KeysUnavailableError
        ? { kind: 'undecided' }
        : { kind: 'rejected', reason: reasonOf(error) };
    }
    const caller = this.callerOf(payload);
    const { scope } = this.options;
    return wordsOf(payload['scope']).includes(scope)
      ? { kind: 'accepted', caller }
      : { kind: 'insufficient-scope', caller, scope };
  }

  /** A token need not name its key (RFC 7515, section 4.1.4): then only its signature tells that there must be a new one. */
  private async verifyWithNewestKeys(token: string): Promise<JWTPayload> {
    try {
      return await this.verifyClaims(token);
    } catch (error) {
      const mayBeOfNewKey =
        error instanceof errors.JWSSignatureVerificationFailed &&
        decodeProtectedHeader(token).kid === undefined;
      if (mayBeOfNewKey && (await this.keys.renew())) return this.verifyClaims(token);
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
    // Every access token has both (RFC 9068, section 2.2), but not those of every provider.
    const subject = [payload.sub, payload['client_id']].find((claim) => typeof claim === 'string');
    const id = subject === undefined ? undefined : `subject:${subject}`;
    if (instancesClaim === undefined) return { id, mayRead: () => true };
    const claim = Object.hasOwn(payload, instancesClaim) ? payload[instancesClaim] : undefined;
    const readable = new Set(wordsOf(claim));
    return { id, mayRead: (instanceId) => readable.has('*') || readable.has(instanceId) };
  }
}

/** The strings of a claim that is a list, or one string with spaces between. Of anything else there are none. */
function wordsOf(claim: unknown): unknown[] {
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
      default:
        return 'malformed';
    }
  }
  const isMalformed = error instanceof errors.JWSInvalid || error instanceof errors.JWTInvalid;
  return isMalformed ? 'malformed' : 'untrusted';
}
