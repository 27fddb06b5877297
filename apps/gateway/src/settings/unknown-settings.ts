import leven, { closestMatch } from 'leven';

import { isServiceVariable } from './kubernetes-services.js';
import type { SettingWarning } from './settings.js';

/** A variable that starts like this is probably meant for the gateway. */
const PREFIXES = ['UPSTREAM_', 'CACHE_', 'AUTH_', 'RATE_', 'REDIS_', 'OUTBOUNDBOT_', 'CORS_', 'MAX_'];

/**
 * The variables that look like settings but are none: often a misspelt name, which leaves a default in place. It is not an
 * error, since platforms set variables too. The variables of a Kubernetes Service give no warning: they are harmless, and
 * would fill the log of every gateway beside a Service named `redis`.
 *
 * @param known the names of all settings
 */
export function unknownSettings(
  variables: Readonly<Record<string, string | undefined>>,
  known: readonly string[],
): SettingWarning[] {
  return Object.entries(variables).flatMap(([name, value = '']) => {
    const prefix = PREFIXES.find((start) => name.startsWith(start));
    const isIgnored = known.includes(name) || value.trim() === '' || isServiceVariable(name, value.trim());
    if (prefix === undefined || isIgnored) return [];
    return [
      {
        setting: name,
        hint: `The gateway has no setting of this name, so it has no effect. The nearest setting is ${nearest(name, prefix, known)}.`,
      },
    ];
  });
}

/** The setting that shares most words with the name, and among those the one with fewest letters to change. */
function nearest(name: string, prefix: string, known: readonly string[]): string {
  // A name with one prefix is not meant for a setting with another: UPSTREAM_TIMEOUT is not REDIS_TIMEOUT_MS.
  const candidates = known.filter(
    (each) => each.startsWith(prefix) || !PREFIXES.some((start) => each.startsWith(start)),
  );
  const scores = candidates.map((each) => sharedWords(name, each));
  const best = Math.max(...scores);
  return (
    closestMatch(
      name,
      candidates.filter((_, index) => scores[index] === best),
    ) ?? ''
  );
}

/** How many words of the name the other one has too, in a similar spelling: KEY counts as KEYS. */
function sharedWords(name: string, other: string): number {
  const words = other.split('_');
  return name.split('_').filter((word) => words.some((each) => leven(word, each) < word.length / 2)).length;
}
