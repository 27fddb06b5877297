import type { components } from './generated/schemas.js';

/** An instance of the OutboundBot service. It is frozen, because several callers may hold the same object. */
export type Instance = Readonly<components['schemas']['Instance']>;

/** Reads the body of a 200. Undefined if it is not an instance, for example a proxy's page. */
export function readInstance(body: string): Instance | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return isInstance(value) ? Object.freeze(value) : undefined;
  } catch {
    return undefined;
  }
}

/** Tells an instance from other JSON. Its other members are not checked: the gateway has validated them. */
function isInstance(value: unknown): value is Instance {
  return (
    typeof value === 'object' &&
    value !== null &&
    'instanceId' in value &&
    typeof value.instanceId === 'string'
  );
}
