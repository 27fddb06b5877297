import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where a program is installed, by the PATH; undefined if it is not. */
export function findProgram(name) {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
