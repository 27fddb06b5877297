/** The default status and message of an error code. */
export interface ErrorCode {
  readonly status: number;
  readonly message: string;
}

const tryLater =
  'An error occurred while processing your request. Please try again later. Submit a ticket if the error still exists.';
const flowControl = 'Request was denied due to flow control.';
const noPermission = 'You are not authorized to do this operation.';
const badToken = 'The specified SecurityToken is';

/** The error codes that the emulator imitates. */
export const errorCodes = {
  InternalError: { status: 500, message: tryLater },
  ServiceUnavailable: {
    status: 503,
    message: 'The request has failed due to a temporary failure of the server.',
  },

  SystemBusy: { status: 503, message: 'The system is busy. Please try again later.' },

  // The service throttles with 400, not 429, so a client must look at the code.
  Throttling: { status: 400, message: flowControl },
  'Throttling.User': { status: 400, message: 'Request was denied due to user flow control.' },
  'Throttling.Api': { status: 400, message: 'Request was denied due to api flow control.' },
  FlowControl: { status: 429, message: flowControl },
  QpsLimitExceeded: { status: 429, message: 'The limit of calls in a second was exceeded.' },

  SignatureNonceUsed: { status: 400, message: 'Specified signature nonce was used already.' },
  SignatureDoesNotMatch: { status: 400, message: 'Specified signature is not matched with our calculation.' },
  IncompleteSignature: { status: 400, message: 'The request signature does not conform to the standard.' },
  'InvalidTimeStamp.Expired': { status: 400, message: 'Specified time stamp or date value is expired.' },
  'InvalidTimeStamp.Format': {
    status: 400,
    message: 'Specified time stamp or date value is not well formatted.',
  },

  'InvalidAccessKeyId.Inactive': { status: 400, message: 'Specified access key is disabled.' },
  // This 404 does not mean that the instance is unknown.
  'InvalidAccessKeyId.NotFound': { status: 404, message: 'Specified access key is not found.' },
  'InvalidSecurityToken.Expired': { status: 400, message: `${badToken} expired.` },
  'InvalidSecurityToken.Malformed': { status: 400, message: `${badToken} malformed.` },
  'InvalidSecurityToken.MismatchWithAccessKey': {
    status: 400,
    message: `${badToken} not the one of the specified AccessKeyId.`,
  },

  Forbidden: { status: 403, message: noPermission },
  'Forbidden.RAM': {
    status: 403,
    message: `${noPermission} Ask the account's owner for the RAM permission.`,
  },
  'Forbidden.RiskControl': {
    status: 403,
    message: 'This operation is forbidden by the risk control system.',
  },
  NoPermission: { status: 403, message: noPermission },

  'InvalidApi.NotFound': {
    status: 404,
    message: 'Specified api is not found, please check your url and method.',
  },
  'InvalidProduct.NotFound': { status: 404, message: 'The specified product cannot be found.' },
  NoSuchVersion: { status: 400, message: 'Specified parameter Version is not valid.' },
  UnsupportedOperation: { status: 400, message: 'The specified operation is not supported.' },

  MissingParameter: { status: 400, message: 'A parameter that is mandatory for this action is missing.' },
  MissingAction: { status: 400, message: 'Action is mandatory for this action.' },
  MissingInstanceId: { status: 400, message: 'InstanceId is mandatory for this action.' },
  MissingAccessKeyId: { status: 400, message: 'AccessKeyId is mandatory for this action.' },
  MissingSignature: { status: 400, message: 'Signature is mandatory for this action.' },
  MissingSignatureMethod: { status: 400, message: 'SignatureMethod is mandatory for this action.' },
  MissingSignatureNonce: { status: 400, message: 'SignatureNonce is mandatory for this action.' },
  MissingSignatureVersion: { status: 400, message: 'SignatureVersion is mandatory for this action.' },
  MissingTimestamp: { status: 400, message: 'Timestamp is mandatory for this action.' },
  InvalidParameter: { status: 400, message: 'The specified parameter is not valid.' },

  'NotExist.Instance': { status: 404, message: 'The specified instance does not exist.' },
  // A sibling product uses this spelling.
  'NotExists.InstanceId': { status: 404, message: 'The specified InstanceId does not exist.' },
} as const satisfies Record<string, ErrorCode>;

/** A code that {@link errorCodes} describes. */
type KnownErrorCode = keyof typeof errorCodes;

/** Prefixes of codes to which the service adds more parts, such as `Throttling.Flow`. */
const families: readonly (readonly [prefix: string, defaults: ErrorCode])[] = [
  ['Throttling', errorCodes.Throttling],
  ['FlowControl.', errorCodes.FlowControl],
  ['QpsLimitExceeded.', errorCodes.QpsLimitExceeded],
  ['SystemBusy.', errorCodes.SystemBusy],
  ['InvalidSecurityToken.', errorCodes['InvalidSecurityToken.Malformed']],
  ['InvalidParameter', errorCodes.InvalidParameter],
  ['Forbidden.', errorCodes.Forbidden],
];

const missing = 'Missing';

/** Status and message of any code: from the table, from its family, or a 500 for an unknown code. */
export function describeErrorCode(code: string): ErrorCode {
  if (Object.hasOwn(errorCodes, code)) return errorCodes[code as KnownErrorCode];
  if (code.endsWith('.FlowControl')) return errorCodes.FlowControl;
  if (code.startsWith(missing)) {
    return { status: 400, message: `${code.slice(missing.length)} is mandatory for this action.` };
  }
  return families.find(([prefix]) => code.startsWith(prefix))?.[1] ?? { status: 500, message: tryLater };
}

/** Thrown when an API call is refused. `api.ts` catches the error and answers in the format that the call asks for. */
export class ApiError extends Error {
  readonly status: number;

  constructor(
    readonly code: KnownErrorCode | `Missing${string}`,
    message: string = describeErrorCode(code).message,
  ) {
    super(message);
    this.name = 'ApiError';
    this.status = describeErrorCode(code).status;
  }
}
