import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The path of a program that some tests need, or undefined if it is not installed. A developer's run then skips those
 * tests; with `CI=true` a missing program is an error, so that no test is skipped unnoticed.
 */
export function findProgram(name: string): string | undefined {
  const path = (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find(isExecutable);
  if (path === undefined && process.env['CI'] === 'true') {
    throw new Error(`CI=true, and ${name} is not installed: the tests that need it must not be skipped.`);
  }
  return path;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * The folder of a package of this repository whose own dependencies some tests need, or undefined if they are not
 * installed (`npm ci --prefix FOLDER`). With `CI=true` that is an error, too.
 */
export function findInstalled(folder: string): string | undefined {
  const path = fileURLToPath(new URL(`../../${folder}`, import.meta.url));
  if (existsSync(join(path, 'node_modules'))) return path;
  if (process.env['CI'] === 'true')
    throw new Error(`CI=true, and the packages of ${folder} are not installed: npm ci --prefix ${folder}`);
  return undefined;
}
