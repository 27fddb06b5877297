import type { RateLimitOptions } from '@app/rate-limit';

/** Which instances a caller may read. */
export interface ReadAccess {
  mayRead(instanceId: string): boolean;
  /**
   * The name of this access. Two callers have the same name only if they may read the same instances. `*` means all
   * instances.
   */
  readonly accessName: string;
}

/** An authenticated caller. */
export interface Caller extends ReadAccess {
  /**
   * `key:<name>` or `subject:<sub>`, the same at every request, for rate limits and the log. Undefined if the credential
   * names no subject.
   */
  readonly id: string | undefined;
  /** A limit of this caller's own, in place of the general one; 0 requests is no limit. */
  readonly rateLimit?: RateLimitOptions | undefined;
}

/** The result of checking a credential. */
export type Verdict =
  | { readonly kind: 'accepted'; readonly caller: Caller }
  /** A valid token without the scope for reading instances (RFC 6750, section 3.1). */
  | { readonly kind: 'insufficient-scope'; readonly caller: Caller; readonly scope: string }
  | { readonly kind: 'rejected'; readonly reason: Rejection }
  /** The provider's keys could not be fetched, so the token cannot be verified. The caller is not at fault. */
  | { readonly kind: 'keys-unavailable' };

/** Why a credential is rejected. */
export type Rejection =
  | 'unknown-key'
  | 'expired-key'
  | 'malformed'
  | 'expired'
  | 'not-yet-valid'
  | 'wrong-type'
  | 'wrong-issuer'
  | 'wrong-audience'
  | 'untrusted';
