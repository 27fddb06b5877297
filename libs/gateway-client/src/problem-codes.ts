import type { components } from './generated/schemas.js';

/** The error codes of the gateway. Its page `/problems` explains them. */
export type ProblemCode = components['schemas']['ProblemCode'];

/**
 * For each code of the gateway whether the same request may succeed later, as the page `/problems` says. It must have exactly
 * the codes of the OpenAPI document, or it does not compile.
 */
const RETRYABLE: Readonly<Record<ProblemCode, boolean>> = {
  'invalid-request': false,
  unauthenticated: false,
  forbidden: false,
  'instance-not-found': false,
  'route-not-found': false,
  'method-not-allowed': false,
  'not-acceptable': false,
  'too-many-requests': true,
  'internal-error': false,
  'upstream-error': true,
  'upstream-refused': false,
  'upstream-invalid-response': true,
  'upstream-throttled': true,
  'upstream-unavailable': true,
  overloaded: true,
  'not-cached': false,
  'upstream-timeout': true,
};

/** The statuses that mean a temporary failure, if the code says nothing: for example of a proxy that has lost the gateway. */
const TEMPORARY: readonly (number | null)[] = [429, 502, 503, 504];

export function isProblemCode(code: unknown): code is ProblemCode {
  return typeof code === 'string' && Object.hasOwn(RETRYABLE, code);
}

/** Whether the same request may succeed later. */
export function isRetryable(code: string, status: number | null): boolean {
  if (isProblemCode(code)) return RETRYABLE[code];
  return code === 'network-error' || code === 'timeout' || TEMPORARY.includes(status);
}
