import { hash } from 'node:crypto';

import type { ReadAccess } from './caller.js';
import { instanceMatcher } from './instance-patterns.js';

export const ALL_INSTANCES: ReadAccess = { mayRead: () => true, accessName: '*' };

/** Access to the instances whose ids match one of the patterns, in which `*` matches any characters. */
export function accessByPatterns(patterns: readonly string[]): ReadAccess {
  if (patterns.includes('*')) return ALL_INSTANCES;
  const distinct = [...new Set(patterns)].sort();
  return { mayRead: instanceMatcher(distinct), accessName: hash('sha256', JSON.stringify(distinct)) };
}

export const NO_INSTANCES: ReadAccess = accessByPatterns([]);
