import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { environmentOfNpm } from './npm.js';
import { BUILD } from './programs.js';

export interface Pack {
  /** The path of the tarball. */
  readonly path: string;
  readonly size: number;
  readonly integrity: string;
  readonly files: readonly { readonly path: string }[];
}

/** Packs the client of this test run's build, as CONTRIBUTING.md says, into the folder. */
export async function packClient(folder: string): Promise<Pack> {
  const { stdout } = await promisify(execFile)(
    'npm',
    ['pack', '--json', './libs/gateway-client/dist', '--pack-destination', folder],
    { cwd: BUILD, env: environmentOfNpm() },
  );
  const [pack] = JSON.parse(stdout) as [Omit<Pack, 'path'> & { filename: string }];
  return { ...pack, path: join(folder, pack.filename) };
}
