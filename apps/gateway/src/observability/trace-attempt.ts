import type { Outcome } from '@app/outboundbot-client';
import type { Tracing } from '@app/tracing';

/**
 * Makes an upstream call within a span.
 *
 * @param action the upstream's name of the action
 * @param number 1 for the first attempt
 */
export async function traceAttempt<T>(
  tracing: Tracing,
  action: string,
  number: number,
  attempt: () => Promise<Outcome<T>>,
): Promise<Outcome<T>> {
  const span = tracing.call(action, {
    'rpc.service': 'OutboundBot',
    'rpc.method': action,
    'outboundbot.attempt': number,
  });
  let outcome: Outcome<T> | undefined;
  try {
    outcome = await attempt();
    return outcome;
  } finally {
    span.end(attributesOf(outcome));
  }
}

/** A missing instance is not an error. A missing outcome means a defect of the gateway. */
function attributesOf(outcome: Outcome<unknown> | undefined) {
  const kind = outcome?.kind ?? 'defect';
  return {
    'outboundbot.outcome': kind,
    'outboundbot.request_id': outcome?.requestId ?? undefined,
    // OpenTelemetry's name for how often a request was sent again.
    'http.request.resend_count': outcome?.resent ? 1 : undefined,
    'outboundbot.code': outcome && outcome.kind !== 'success' ? (outcome.code ?? undefined) : undefined,
    'error.type': kind === 'success' || kind === 'not-found' ? undefined : kind,
  };
}
