// Compiles the package into dist/ or into the given folder. The declarations keep their comments, which editors show. The
// scripts have none, so that browsers download less.
import { execFileSync } from 'node:child_process';
import { argv, execPath } from 'node:process';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('..', import.meta.url));
const tsc = fileURLToPath(new URL('../../../node_modules/typescript/bin/tsc', import.meta.url));
const outDir = argv[2] === undefined ? [] : ['--outDir', argv[2]];

for (const pass of [['--emitDeclarationOnly'], ['--declaration', 'false', '--removeComments', '--noCheck']]) {
  execFileSync(execPath, [tsc, '-p', folder, ...outDir, ...pass], { stdio: 'inherit' });
}
