import type { components } from './generated/schemas.js';

/** A business instance of the OutboundBot service. It is frozen, as several callers may hold the same one. */
export type Instance = Readonly<components['schemas']['Instance']>;

/** The instance in the body of a 200, or undefined if there is something else: a proxy's page, for example. */
export function readInstance(body: string): Instance | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return isInstance(value) ? Object.freeze(value) : undefined;
  } catch {
    return undefined;
  }
}

/** Tells an instance from other JSON; that its members are as documented is the gateway's promise. */
function isInstance(value: unknown): value is Instance {
  return (
    typeof value === 'object' &&
    value !== null &&
    'instanceId' in value &&
    typeof value.instanceId === 'string'
  );
}
