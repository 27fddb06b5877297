import { plainToInstance } from 'class-transformer';
import { validateSync, type ValidationError } from 'class-validator';

import { contradictionsIn } from './contradictions.js';
import { doubtfulSettings } from './doubtful-settings.js';
import { type Environment, VARIABLE_GROUPS } from './environment.js';
import { isServiceAddress } from './kubernetes-services.js';
import { readSecretFiles } from './secret-files.js';
import type { Settings, SettingWarning } from './settings.js';
import { toSettings } from './to-settings.js';
import { unknownSettings } from './unknown-settings.js';
import { ignoreWrongTracing } from './wrong-tracing.js';

/**
 * Some settings are wrong. The message names each and what it must be, but shows no value, which may be a secret. The
 * warnings are in the message too: a misspelt name explains why a setting is missing.
 */
export class WrongSettingsError extends Error {
  override name = 'WrongSettingsError';

  constructor(
    readonly messages: readonly string[],
    readonly warnings: readonly SettingWarning[] = [],
  ) {
    const count = messages.length === 1 ? '1 setting is' : `${messages.length} settings are`;
    super(
      [
        `The gateway cannot start: ${count} wrong.`,
        ...messages.map((line) => `  - ${line}`),
        ...(warnings.length === 0 ? [] : ['Warnings:']),
        ...warnings.map(({ setting, hint }) => `  - ${setting}: ${hint}`),
      ].join('\n'),
    );
  }
}

const GROUPS: readonly (new () => object)[] = Object.values(VARIABLE_GROUPS);

/** The variables that the gateway reads. */
export const VARIABLE_NAMES: readonly string[] = GROUPS.flatMap((Group) => Object.keys(new Group()));

/** Lower-case names of these are read too, and win, as with curl. */
const ALSO_IN_LOWER_CASE = ['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY'];

/** The standard (RFC 7519, section 2) allows any URI in these, so `tcp://10.0.0.1:80` may be meant. */
const ANY_URI: readonly string[] = [
  'AUTH_JWT_ISSUER',
  'AUTH_JWT_AUDIENCE',
  'AUTH_JWT_SCOPE_CLAIM',
  'AUTH_JWT_INSTANCES_CLAIM',
] satisfies (keyof Environment)[];

/** Whether a value counts as missing: it is empty, or the address of a Kubernetes Service that has the setting's name. */
export function isMissing(name: string, value: string | undefined): boolean {
  const text = value?.trim() ?? '';
  return text === '' || isInjected(name, text);
}

function isInjected(name: string, text: string): boolean {
  return isServiceAddress(text) && !ANY_URI.includes(name);
}

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Checks the environment and makes settings of it. Unknown variables are ignored, but those that look like settings are in
 * the warnings.
 *
 * @throws {WrongSettingsError}
 */
export function parseSettings(variables: Variables): Settings {
  const valueOf = (name: string): string | undefined =>
    spellingsOf(name)
      .map((spelling) => variables[spelling])
      .find((value) => !isMissing(name, value))
      ?.trim();
  const secrets = readSecretFiles(valueOf);
  const groups = GROUPS.map((Group) => {
    const given = Object.keys(new Group()).map(
      (name) => [name, secrets.values[name] ?? valueOf(name)] as const,
    );
    return plainToInstance(Group, Object.fromEntries(given.filter(([, value]) => value !== undefined)));
  });
  const ignored = groups.flatMap((group) =>
    group instanceof VARIABLE_GROUPS.Traces ? ignoreWrongTracing(group) : [],
  );
  const environment = Object.assign({}, ...groups) as Environment;
  const metricsPortIsSet = valueOf('METRICS_PORT') !== undefined;

  const messages = [
    ...groups.flatMap((group) => validateSync(group)).map(messageOf),
    // A setting whose file cannot be read is missing, which would contradict others.
    ...(secrets.messages.length > 0 ? secrets.messages : contradictionsIn(environment, metricsPortIsSet)),
  ];
  const warnings = [
    ...injectedSettings(variables),
    ...unknownSettings(variables, VARIABLE_NAMES),
    ...ignored,
  ];
  if (messages.length > 0) throw new WrongSettingsError(messages, warnings);
  return {
    ...toSettings(environment, metricsPortIsSet),
    warnings: [...warnings, ...doubtfulSettings(environment)],
  };
}

function spellingsOf(name: string): string[] {
  return ALSO_IN_LOWER_CASE.includes(name) ? [name.toLowerCase(), name] : [name];
}

function injectedSettings(variables: Variables): SettingWarning[] {
  return VARIABLE_NAMES.flatMap((name) =>
    spellingsOf(name)
      .filter((spelling) => isInjected(name, variables[spelling]?.trim() ?? ''))
      .map((setting) => ({
        setting,
        hint:
          'It is ignored, since its value is an address that Kubernetes sets for a Service of that name: rename the ' +
          'Service, set enableServiceLinks to false, or set this to a value of its own.',
      })),
  );
}

function messageOf({ property, constraints = {} }: ValidationError): string {
  return `${property} ${Object.values(constraints).at(-1) ?? 'is wrong'}`;
}
