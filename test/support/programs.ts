import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { inject } from 'vitest';

/** The folder of this test run's build. */
export const BUILD = inject('build');

export const GATEWAY = join(BUILD, 'dist/gateway/main.mjs');

/** A running program of this repository. */
export interface Program {
  readonly child: ChildProcess;
  /** The stdout and stderr of the program so far. */
  output(): string;
  /** Resolves when the output matches; rejects if the program ends first. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
  /** Resolves with the exit code, or the signal that ended the program. */
  ended: Promise<number | NodeJS.Signals | null>;
  /** Kills the program with SIGKILL, and resolves when it has ended. */
  kill(): Promise<void>;
}

/** Starts `node ...args` with only this environment. */
export function startProgram(args: readonly string[], env: Record<string, string>, cwd = BUILD): Program {
  return watchProgram(
    process.execPath,
    args,
    {
      PATH: process.env['PATH'] ?? '',
      HOME: '/nonexistent',
      ALIBABA_CLOUD_ECS_METADATA_DISABLED: 'true',
      METRICS_PORT: '0',
      ...env,
    },
    cwd,
  );
}

/** Starts a command with only this environment, and collects its output. */
export function watchProgram(
  command: string,
  args: readonly string[],
  env: Record<string, string>,
  cwd?: string,
): Program {
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const ended = once(child, 'close').then(() => child.exitCode ?? child.signalCode);
  const watchers = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      for (const watch of watchers) watch();
    });
  }
  return {
    child,
    output: () => output,
    says: (pattern) =>
      new Promise((resolve, reject) => {
        const watch = (): void => {
          const found = pattern.exec(output);
          if (!found) return;
          watchers.delete(watch);
          resolve(found);
        };
        watchers.add(watch);
        watch();
        void ended.then((code) => {
          reject(
            new Error(
              `The program ended (${String(code)}) before its output matched ${String(pattern)}:\n${output}`,
            ),
          );
        });
      }),
    ended,
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** The packages whose code is in these scripts of a bundle, according to their source maps. */
export function packagesIn(scripts: readonly URL[]): Set<string> {
  const sources = scripts
    .map((script) => new URL(`${script.href}.map`))
    .filter((map) => existsSync(map))
    .flatMap((map) => (JSON.parse(readFileSync(map, 'utf8')) as { sources: string[] }).sources);
  return new Set(sources.flatMap((source) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1] ?? []));
}
