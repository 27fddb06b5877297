/** Somebody who has proved who they are. */
export interface Caller {
  /**
   * Who it is, the same at every request: `key:<name>` or `subject:<sub>`, for limits and the log. Undefined if the
   * credential does not tell.
   */
  readonly id: string | undefined;
  mayRead(instanceId: string): boolean;
}

/** What came of a caller's credential. */
export type Verdict =
  | { readonly kind: 'accepted'; readonly caller: Caller }
  /** A good token, but not made for reading instances (RFC 6750, section 3.1). */
  | { readonly kind: 'insufficient-scope'; readonly caller: Caller; readonly scope: string }
  | { readonly kind: 'rejected'; readonly reason: Rejection }
  /** The keys that would tell cannot be had, which is not the caller's fault. */
  | { readonly kind: 'undecided' };

/** Why a credential is no good. */
export type Rejection =
  'unknown-key' | 'malformed' | 'expired' | 'not-yet-valid' | 'wrong-issuer' | 'wrong-audience' | 'untrusted';
