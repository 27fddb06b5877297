import { describe, expect, it } from 'vitest';

import { parseSettings } from '../settings/parse-settings.js';
import { connectionCapacity, connectionWarnings } from './connection-capacity.js';

/** With the default UPSTREAM_MAX_CONCURRENCY, 164 of these are not for callers. */
const LIMIT = 1024;

const warned = (variables: Record<string, string>, limit = LIMIT) =>
  connectionWarnings(parseSettings(variables), limit).map(({ setting }) => setting);

describe('connectionWarnings', () => {
  it('finds nothing wrong with the defaults, whatever the limit of descriptors', () => {
    for (const limit of [4, 101, LIMIT, Infinity]) expect(warned({}, limit)).toStrictEqual([]);
  });

  it('names MAX_CONNECTIONS if the descriptors do not suffice for it', () => {
    const { max } = connectionCapacity(parseSettings({}), LIMIT);
    expect(warned({ MAX_CONNECTIONS: String(max) })).toStrictEqual([]);
    expect(warned({ MAX_CONNECTIONS: String(max + 1) })).toStrictEqual(['MAX_CONNECTIONS']);
  });

  it('names MAX_CONNECTIONS_PER_ADDRESS if it is above the number of all connections', () => {
    const { max } = connectionCapacity(parseSettings({}), LIMIT);
    const name = 'MAX_CONNECTIONS_PER_ADDRESS';
    expect(warned({ [name]: String(max) })).toStrictEqual([]);
    expect(warned({ [name]: String(max + 1) })).toStrictEqual([name]);
    expect(warned({ MAX_CONNECTIONS: '5', [name]: '6' })).toStrictEqual([name]);
  });
});
