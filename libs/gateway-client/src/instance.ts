import type { components } from './generated/schemas.js';
import { deepFreeze, isRecord, parseJson } from './json.js';

/** An instance of the OutboundBot service. It is frozen, because several callers may hold the same object. */
export type Instance = Readonly<components['schemas']['Instance']>;

/** Reads the body of a 200. Undefined if it is not an instance, for example a proxy's page. */
export function readInstance(body: string): Instance | undefined {
  const value = parseJson(body);
  return isInstance(value) ? deepFreeze(value) : undefined;
}

/** Tells an instance from other JSON. Its other members are not checked: the gateway has validated them. */
export function isInstance(value: unknown): value is Instance {
  return isRecord(value) && typeof value['instanceId'] === 'string';
}
