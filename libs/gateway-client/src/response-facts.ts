/** What the headers of an answer say. */
export interface ResponseFacts {
  /** How long ago the OutboundBot service gave this answer, in seconds: 0 if just now. Null if `Age` is not valid. */
  readonly ageS: number | null;
  /** Whether the answer is older than the gateway likes: the gateway refreshes it, or the service cannot answer. */
  readonly stale: boolean;
  /** The id of the request in the gateway's log. Null if the answer has none. */
  readonly requestId: string | null;
  /** How many requests you may still make now. Null if the gateway has no limit. */
  readonly remaining: number | null;
}

export interface WithFacts<Value> {
  readonly data: Value;
  readonly facts: ResponseFacts;
}

export function readFacts(headers: Headers): ResponseFacts {
  const age = headers.get('Age');
  return {
    ageS: age === null ? 0 : /^\d+$/.test(age) ? Number(age) : null,
    stale: isStale(headers.get('Cache-Status')),
    requestId: headers.get('X-Request-Id'),
    remaining: readRemaining(headers.get('RateLimit')),
  };
}

/** A negative `ttl` is the time since the answer went stale (RFC 9211, section 2.5). */
function isStale(cacheStatus: string | null): boolean {
  return parametersOf(cacheStatus, 'ttl').some((ttl) => ttl < 0);
}

/** With several limits, for example one of a proxy, the lowest number counts. */
function readRemaining(rateLimit: string | null): number | null {
  const remaining = parametersOf(rateLimit, 'r');
  return remaining.length === 0 ? null : Math.min(...remaining);
}

/** The integers with this name among the parameters of all members of a structured field's list (RFC 9651). */
function parametersOf(field: string | null, name: string): number[] {
  const withoutStrings = (field ?? '').replace(/"(?:[^"\\]|\\.)*"/g, '');
  const parameters = withoutStrings.split(/[;,]/).map((parameter) => parameter.trim().split('='));
  return parameters
    .filter(([key, value = '']) => key === name && /^-?\d+$/.test(value))
    .map(([, value]) => Number(value));
}
