import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { inject } from 'vitest';

/** The folder in which this run's build was made. */
export const BUILD = inject('build');

export const GATEWAY = join(BUILD, 'dist/gateway/main.mjs');

/** A program of this repository, running as a person would run it. */
export interface Program {
  readonly child: ChildProcess;
  /** Everything that it has written so far. */
  output(): string;
  /** Resolves when its output matches; rejects if it ends before. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
  /** Resolves with its exit code, or the signal that ended it. */
  ended: Promise<number | NodeJS.Signals | null>;
  /** Ends it, come what may. */
  kill(): Promise<void>;
}

/**
 * Starts `node ...args` with this environment and no other.
 *
 * @param identity as whom, if not as ourselves
 */
export function startProgram(
  args: readonly string[],
  env: Record<string, string>,
  cwd = BUILD,
  identity: { uid?: number; gid?: number } = {},
): Program {
  const child = spawn(process.execPath, args, {
    ...identity,
    cwd,
    env: {
      PATH: process.env['PATH'],
      HOME: '/nonexistent',
      ALIBABA_CLOUD_ECS_METADATA_DISABLED: 'true',
      METRICS_PORT: '0',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
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
          reject(new Error(`It ended (${String(code)}) before it said ${String(pattern)}:\n${output}`));
        });
      }),
    ended,
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** The packages that scripts of a bundle have code of, as their source maps tell. */
export function packagesIn(scripts: readonly URL[]): Set<string> {
  const sources = scripts
    .map((script) => new URL(`${script.href}.map`))
    .filter((map) => existsSync(map))
    .flatMap((map) => (JSON.parse(readFileSync(map, 'utf8')) as { sources: string[] }).sources);
  return new Set(sources.flatMap((source) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1] ?? []));
}
