import { GatewayError, type UpstreamReport } from './gateway-error.js';
import { isRecord } from './json.js';
import { isProblemCode } from './problem-codes.js';
import { parseRetryAfter } from './retry.js';

/** A system error code, such as ECONNREFUSED or CERT_HAS_EXPIRED. */
const SYSTEM_CODE = /^[A-Z][A-Z0-9_]{2,63}$/;

/** A code of Node.js or undici for an argument that no request can have, for example a `Request` of another library. */
const INVALID_ARGUMENT_CODE = /^(?:UND_)?ERR_INVALID_/;

/**
 * Makes an error from an answer.
 *
 * @param body the parsed JSON, or text
 * @param now epoch milliseconds
 */
export function readError({ status, headers }: Response, body: unknown, now: number): GatewayError {
  const facts = {
    // A browser hides the status of a redirect as 0.
    status: status === 0 ? null : status,
    requestId: headers.get('X-Request-Id'),
    retryAfterMs: parseRetryAfter(headers.get('Retry-After'), now),
  };
  const isProblem = /^application\/problem\+json\b/i.test(headers.get('Content-Type') ?? '');
  if (!isProblem || !isRecord(body)) {
    // The body is not quoted, because it may repeat the credentials of the request.
    const detail =
      'The answer is neither what was asked for nor a problem document. Check that baseUrl is the URL of the gateway.';
    return new GatewayError('unexpected-answer', { ...facts, detail });
  }
  const { code, detail, title, upstream } = body;
  return new GatewayError(isProblemCode(code) ? code : 'unknown-problem', {
    ...facts,
    detail: [detail, title].find(isText) ?? 'The gateway gives no reason.',
    upstream: isUpstreamReport(upstream) ? upstream : null,
  });
}

/**
 * Makes the error of a request without an answer. It uses only the code of `failure`, because an error of a custom
 * `fetch` may hold the request with its credentials.
 */
export function readFailure(failure: unknown, requestId: string | undefined): GatewayError {
  const code = systemCodeOf(failure);
  const reason = code === undefined ? '' : ` (${code})`;
  const isSetup = isBadPort(failure) || (code !== undefined && INVALID_ARGUMENT_CODE.test(code));
  return new GatewayError(isSetup ? 'setup-error' : 'network-error', {
    detail: isSetup
      ? `This platform cannot make the request${reason}. Check baseUrl and fetch.`
      : `There was no answer, or only a part of it${reason}.`,
    requestId: requestId ?? null,
  });
}

/** Node.js sends nothing to the ports that the Fetch Standard blocks, for example 6000, and names the reason in words only. */
function isBadPort(failure: unknown): boolean {
  const cause = isRecord(failure) ? failure['cause'] : undefined;
  return isRecord(cause) && cause['message'] === 'bad port';
}

/**
 * Makes the error of a request that could not be made. The message of the platform says which part it does not support. It
 * cannot quote a credential, because only valid header values get this far.
 */
export function readSetupFailure(failure: unknown, requestId: string | undefined): GatewayError {
  const message = isRecord(failure) && isText(failure['message']) ? `: ${failure['message']}` : '.';
  return new GatewayError('setup-error', {
    detail: `This platform cannot make the request${message}`,
    requestId: requestId ?? null,
  });
}

/** The code of an error or of its cause. Node.js puts it in the cause. */
function systemCodeOf(failure: unknown): string | undefined {
  const causes = [failure, isRecord(failure) ? failure['cause'] : undefined];
  const codes = causes.map((cause) => (isRecord(cause) ? cause['code'] : undefined));
  return codes.filter(isText).find((code) => SYSTEM_CODE.test(code));
}

function isUpstreamReport(value: unknown): value is UpstreamReport {
  if (!isRecord(value)) return false;
  const { code, requestId, attempts } = value;
  return [code, requestId].every((text) => text === null || isText(text)) && typeof attempts === 'number';
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
