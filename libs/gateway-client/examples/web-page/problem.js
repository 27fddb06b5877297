import { GatewayError } from 'outboundbot-gateway-client';

import { definitions, element } from './dom.js';

/** The parts that explain an error: what is wrong, what to do, and what to tell those who run the gateway. */
export function explain(error) {
  if (!(error instanceof GatewayError)) {
    return [element('h2', {}, 'The page could not ask the gateway'), element('p', {}, error.message)];
  }
  const { code, detail, status, requestId, retryAfterMs, upstream } = error;
  const [title, whatToDo] = adviceFor(code);
  return [
    element('h2', {}, title),
    element('p', {}, detail),
    element('p', {}, whatToDo),
    definitions([
      ['Code', code],
      ['Status', status],
      ['Try again in', retryAfterMs === null ? null : `${Math.ceil(retryAfterMs / 1000)} s`],
      ['Request id', requestId],
      ['Request id of the service', upstream?.requestId],
    ]),
  ];
}

/** @returns a title, and what the user can do */
function adviceFor(code) {
  switch (code) {
    case 'instance-not-found':
      return ['There is no such instance', 'It may have been deleted: refresh the list.'];
    case 'unauthenticated':
      return ['The key is missing or wrong', 'Enter a valid API key in the settings.'];
    case 'forbidden':
      return [
        'This key may not read this',
        'Ask the operators of the gateway for access, or use another key.',
      ];
    case 'invalid-request':
      return ['The gateway does not accept this request', 'Change the search, or go back to the first page.'];
    case 'too-many-requests':
      return ['Too many requests', 'Wait a moment, then try again.'];
    case 'network-error':
      return [
        'The gateway cannot be reached',
        `Check the gateway's URL in the settings, and that the gateway runs and has ${location.origin} in CORS_ORIGINS.`,
      ];
    case 'timeout':
      return ['The gateway does not answer in time', 'Try again later.'];
    case 'unexpected-answer':
    case 'route-not-found':
      return ['This is not the gateway', "Check the gateway's URL in the settings."];
    case 'overloaded':
    case 'upstream-throttled':
    case 'upstream-unavailable':
    case 'upstream-timeout':
    case 'upstream-error':
    case 'upstream-invalid-response':
      return [
        'The OutboundBot service does not answer as it should',
        'Try again later. If the error stays, give the request ids to the operators of the gateway.',
      ];
    default:
      return ['The request failed', 'Give the request id to the operators of the gateway.'];
  }
}
