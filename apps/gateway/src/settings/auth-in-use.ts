import type { Settings } from './settings.js';

/** For the log: how callers authenticate, in the words of `AUTH_MODE`. */
export function authInUse({ access }: Settings): string {
  const methods = [
    ...(access.apiKeysFile === undefined ? [] : ['api-key']),
    ...(access.tokens === undefined ? [] : ['jwt']),
  ];
  return methods.join(',') || 'none';
}
