import 'reflect-metadata';

import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';

import type { Clock } from '@app/resilience';

import { INSTANCE_ID } from '../instances/instance-id.js';
import { WrongSettingsError } from '../settings/parse-settings.js';
import type { Settings, SettingWarning } from '../settings/settings.js';
import { diagnose } from './diagnose.js';
import { fail, type Finding, ok, skip, warn } from './finding.js';
import type { Learned } from './learned.js';
import { formatFinding, formatVerdict } from './report.js';

const USAGE = `Usage: doctor [instance id] [--save FILE]

Checks the settings, and asks the service and what else they name, one step at a time.

  instance id   the instance to read, up to 64 letters, digits, _ and -; without it, the first one of the list
  --save FILE   writes what was learned about the service, without any value of it
`;

/** What the doctor takes from its process. */
export interface DoctorRuntime {
  readonly loadSettings: () => Promise<Settings>;
  readonly clock: Clock;
  /** How long to wait for each answer at least, in milliseconds. */
  readonly patienceMs: number;
  readonly write: (text: string) => void;
  readonly hasColours: boolean;
}

/**
 * Finds out whether a gateway with the settings of the environment would work, and says what to do if not.
 *
 * @returns the exit code: 0 if it would work, 1 if not, 2 for wrong arguments
 */
export async function runDoctor(args: readonly string[], runtime: DoctorRuntime): Promise<number> {
  const { write, clock, patienceMs, hasColours } = runtime;
  const parsed = readArguments(args);
  if (!parsed) {
    write(USAGE);
    return 2;
  }
  const findings: Finding[] = [];
  const report = (finding: Finding): void => {
    findings.push(finding);
    write(formatFinding(finding, hasColours));
  };
  const learned: Learned = { format: 1, actions: {} };
  const settings = await checkSettings(runtime, report);
  if (settings) {
    for await (const finding of diagnose(settings, parsed.instanceId, clock, patienceMs, learned))
      report(finding);
  }
  if (parsed.save !== undefined) report(await save(parsed.save, learned));
  write(formatVerdict(findings));
  return findings.some(({ status }) => status === 'fail') ? 1 : 0;
}

function readArguments(args: readonly string[]): { instanceId?: string; save?: string } | undefined {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { save: { type: 'string' } },
      allowPositionals: true,
    });
    const [instanceId, ...others] = positionals;
    if (others.length > 0 || (instanceId !== undefined && !INSTANCE_ID.test(instanceId))) return undefined;
    return {
      ...(instanceId !== undefined && { instanceId }),
      ...(values.save !== undefined && { save: values.save }),
    };
  } catch {
    return undefined;
  }
}

async function checkSettings(
  { loadSettings }: DoctorRuntime,
  report: (finding: Finding) => void,
): Promise<Settings | undefined> {
  try {
    const settings = await loadSettings();
    report(judgeWarnings(settings.warnings));
    return settings;
  } catch (error) {
    if (!(error instanceof WrongSettingsError)) throw error;
    const { messages, warnings } = error;
    const count = messages.length === 1 ? '1 is wrong' : `${messages.length} are wrong`;
    report(fail('settings', count, ...messages, ...warnings.map(hintOf)));
    return undefined;
  }
}

function judgeWarnings(warnings: readonly SettingWarning[]): Finding {
  if (warnings.length === 0) return ok('settings', 'all valid');
  return warn('settings', `all valid, ${warnings.length} doubtful`, ...warnings.map(hintOf));
}

function hintOf({ setting, hint }: SettingWarning): string {
  return `${setting}: ${hint}`;
}

async function save(file: string, learned: Learned): Promise<Finding> {
  if (Object.keys(learned.actions).length === 0)
    return skip('save', 'nothing was learned about the service: the file is not written');
  try {
    await writeFile(file, `${JSON.stringify(learned, null, 2)}\n`);
    return ok('save', 'what was learned is in the file; it has no value of the service');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    return fail(
      'save',
      `the file cannot be written (${code})`,
      'Name a file in a folder that exists and is writable.',
    );
  }
}
