import { plainToInstance } from 'class-transformer';
import { validateSync, type ValidationError } from 'class-validator';

import { contradictionsIn } from './contradictions.js';
import { type Environment, VARIABLE_GROUPS } from './environment.js';
import type { Settings } from './settings.js';
import { toSettings } from './to-settings.js';

/** Some settings are wrong. The message names each and what it must be, but shows no value, which may be a secret. */
export class WrongSettingsError extends Error {
  override name = 'WrongSettingsError';

  constructor(messages: readonly string[]) {
    const count = messages.length === 1 ? '1 setting is' : `${messages.length} settings are`;
    super([`The gateway cannot start: ${count} wrong.`, ...messages.map((line) => `  - ${line}`)].join('\n'));
  }
}

const GROUPS: readonly (new () => object)[] = Object.values(VARIABLE_GROUPS);

/** The variables that the gateway reads. */
export const VARIABLE_NAMES: readonly string[] = GROUPS.flatMap((Group) => Object.keys(new Group()));

/** Lower-case names of these are read too, and win, as with curl. */
const ALSO_IN_LOWER_CASE = ['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY'];

/**
 * Checks the environment and makes settings of it. An empty variable counts as missing; unknown variables are ignored.
 *
 * @throws {WrongSettingsError}
 */
export function parseSettings(variables: Readonly<Record<string, string | undefined>>): Settings {
  const valueOf = (name: string): string | undefined => {
    const spellings = ALSO_IN_LOWER_CASE.includes(name) ? [name.toLowerCase(), name] : [name];
    return spellings.map((spelling) => variables[spelling]?.trim()).find((value) => value);
  };
  const groups = GROUPS.map((Group) => {
    const given = Object.keys(new Group()).map((name) => [name, valueOf(name)] as const);
    return plainToInstance(Group, Object.fromEntries(given.filter(([, value]) => value !== undefined)));
  });
  const environment = Object.assign({}, ...groups) as Environment;
  const metricsPortIsSet = valueOf('METRICS_PORT') !== undefined;

  const messages = [
    ...groups.flatMap((group) => validateSync(group)).map(messageOf),
    ...contradictionsIn(environment, metricsPortIsSet),
  ];
  if (messages.length > 0) throw new WrongSettingsError(messages);
  return toSettings(environment, metricsPortIsSet);
}

function messageOf({ property, constraints = {} }: ValidationError): string {
  return `${property} ${Object.values(constraints).at(-1) ?? 'is wrong'}`;
}
