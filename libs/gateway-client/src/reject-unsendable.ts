import { GatewayError } from './gateway-error.js';

/**
 * Rejects a value that a request cannot carry.
 *
 * @throws GatewayError with the code that the gateway would use
 */
export function rejectUnsendable(name: string, value: unknown, unsendable: RegExp): void {
  if (typeof value === 'string' && !unsendable.test(value)) return;
  throw new GatewayError('invalid-request', {
    detail: `The ${name} is not valid, because a request cannot carry it. No request was sent.`,
  });
}
