import type { FailureKind, RetryAdvice } from './outcome.js';

export interface Classification {
  readonly kind: FailureKind;
  readonly retry: RetryAdvice;
}

const notFound: Classification = { kind: 'not-found', retry: 'never' };
const refused: Classification = { kind: 'refused', retry: 'never' };
const refusedOnce: Classification = { kind: 'refused', retry: 'once' };
const throttled: Classification = { kind: 'throttled', retry: 'longer-backoff' };
const unavailable: Classification = { kind: 'unavailable', retry: 'backoff' };
const failed: Classification = { kind: 'failed', retry: 'backoff' };

/**
 * The upstream's error codes. The code decides, not the HTTP status: `Throttling` comes with 400, an unknown access key
 * with 404. The first matching row counts.
 */
const BY_CODE: readonly (readonly [RegExp, Classification])[] = [
  // The only codes that mean "no such instance": this product's and its sibling's spelling.
  [/^NotExists?\.Instance(Id)?$/, notFound],
  [/^InternalError(\.|$)/, failed],
  [/^ServiceUnavailable(\.|$)/, unavailable],
  [/^SystemBusy(\.|$)/, unavailable],
  [/^Throttling/, throttled],
  [/^(FlowControl|QpsLimitExceeded)(\.|$)/, throttled],
  [/\.FlowControl$/, throttled],
  // A new call carries a new nonce.
  [/^SignatureNonceUsed$/, refusedOnce],
  // An expired STS token: a new call carries renewed credentials.
  [/^InvalidSecurityToken(\.|$)/, refusedOnce],
  [/^InvalidTimeStamp\./, refused],
  [/^InvalidAccessKeyId(\.|$)/, refused],
  [/^(SignatureDoesNotMatch|IncompleteSignature)$/, refused],
  [/^(Forbidden|NoPermission)(\.|$)/, refused],
  [/^(InvalidApi|InvalidProduct)\.NotFound$/, refused],
  [/^(Missing|InvalidParameter)/, refused],
  [/^(UnsupportedOperation|NoSuchVersion)$/, refused],
];

/**
 * Says what a failure means and whether the call may be repeated, by its code first, then by its status.
 *
 * @param code the upstream's error code, null if there is none
 * @param status the HTTP status, or the `HttpStatusCode` of a failure reported inside a 2xx answer
 * @param asksToWait the answer has an `x-acs-retry-after`, which makes any error throttling, except for an instance that
 * does not exist
 */
export function classify(code: string | null, status: number, asksToWait: boolean): Classification {
  const known = code === null ? undefined : BY_CODE.find(([pattern]) => pattern.test(code))?.[1];
  if (asksToWait && known !== notFound) return throttled;
  if (known) return known;
  if (status === 429) return throttled;
  if (status === 503) return unavailable;
  if (status === 408) return failed;
  // Any other 4xx is about the gateway's call, even a 404: only a code can say that the instance does not exist.
  if (status >= 400 && status < 500) return refused;
  return failed;
}
