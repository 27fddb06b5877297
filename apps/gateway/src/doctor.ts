import { systemClock } from '@app/resilience';

import { runDoctor } from './doctor/run-doctor.js';
import { loadSettings } from './settings/load-settings.js';

/** Runs the doctor with the environment and the terminal of this process. Returns the exit code. */
export async function doctor(args: readonly string[]): Promise<number> {
  try {
    return await runDoctor(args, {
      loadSettings,
      clock: systemClock,
      patienceMs: 10_000,
      write: (text) => process.stdout.write(text),
      hasColours: process.stdout.isTTY && !process.env['NO_COLOR'],
    });
  } catch (error) {
    // A defect. The message of an unexpected error could contain a URL with a password; the frames of its stack cannot.
    const frames = error instanceof Error ? (error.stack ?? '').match(/^ +at .*$/gm) : undefined;
    process.stderr.write(`The doctor cannot go on because of a defect.\n${(frames ?? []).join('\n')}\n`);
    return 1;
  }
}
