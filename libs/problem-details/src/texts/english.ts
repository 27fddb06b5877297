import { PROBLEMS } from '../catalogue.js';

/**
 * Why one request failed. A text with parameters is a function. The other languages have exactly these members: a
 * missing one is a type error.
 */
const details = {
  malformedInstanceId: 'The instance id must have 1 to 64 characters: letters, digits, "-" and "_".',
  noSuchErrorCode: 'There is no such error code.',

  sentences: (all: readonly string[]): string => all.join(' '),
  unknownParameter: (name: string): string => `${name} is not a parameter of this route.`,
  /** Stands for a name that must not be repeated. */
  unusualName: 'A name that is long or has unusual characters',
  textLength: (name: string, max: number): string => `${name} must be one text of 1 to ${max} characters.`,
  idLength: (name: string, max: number): string => `${name} must be one id of 1 to ${max} characters.`,
  tagForm: (name: string, max: number): string =>
    `${name} must be a key, or key:value, of 1 to ${max} characters.`,
  tooManyValues: (name: string, max: number): string => `${name} may be given at most ${max} times.`,
  tooManyIds: (name: string, max: number): string => `${name} may name at most ${max} instances.`,
  idsForm: (name: string): string =>
    `${name} must be instance ids with commas between: 1 to 64 letters, digits, "-" and "_" each.`,
  oneOf: (name: string, values: readonly string[]): string => `${name} must be one of ${values.join(', ')}.`,
  wholeNumber: (name: string, max: number): string => `${name} must be a whole number from 1 to ${max}.`,

  connectMethod: 'This is no proxy: CONNECT is not served.',
  unknownExpectation: 'The only Expect header that is served is 100-continue.',
  malformedPath: 'The path of the URL is not valid: check its percent-encoding.',
  missingHost: 'The Host header is missing.',
  twoHosts: 'There are two Host headers.',
  malformedHost: 'The Host header is not a host with an optional port.',
  headersTooLarge: 'The headers of the request are too large.',
  requestTooSlow: 'The request did not arrive in time.',
  notHttp: 'This is not a valid HTTP/1.1 request.',

  /** @param ways of sending a credential: {@link apiKeyHeader}, {@link accessTokenHeader} or both */
  missingCredential: (ways: readonly string[]): string =>
    `A credential is missing: send ${ways.join(' or ')}.`,
  apiKeyHeader: 'an API key as X-API-Key',
  accessTokenHeader: 'an access token as Authorization: Bearer',
  rejectedCredential: {
    'unknown-key': 'The API key is not valid.',
    'expired-key': 'The API key has expired.',
    malformed: 'The access token is not a JWT access token (RFC 9068).',
    'wrong-type': 'The access token has a typ that this gateway does not accept.',
    expired: 'The access token has expired.',
    'not-yet-valid': 'The access token is not valid yet.',
    'wrong-issuer': 'The access token is of another issuer.',
    'wrong-audience': 'The access token is for another audience.',
    untrusted: 'The signature of the access token cannot be verified.',
  },
  missingScope: (scope: string): string => `The access token lacks the scope "${scope}".`,
  providerUnreachable: 'The provider of access tokens cannot be reached, so that none can be verified.',
};

export const ENGLISH = {
  problems: PROBLEMS,
  retry: {
    'after-change': 'Not without a change: the same request would fail again.',
    'after-repair': 'Not before the operators of the gateway have acted: a retry does not help.',
    'after-delay': 'Yes, after the number of seconds in the Retry-After header.',
    later: 'Yes, later. The gateway has already retried what a retry can cure at once.',
  },
  details,
};
