import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { SAMPLE_ID, SAMPLE_INSTANCE } from '../support/gateway.js';
import { useKeyedStack } from '../support/keyed-stack.js';
import { findInstalled } from '../support/missing-programs.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');
const tools = findInstalled('test/openapi-tools');

const run = promisify(execFile);

/** Each generator, and whether the code that it adds to every client compiles with `exactOptionalPropertyTypes`. */
const GENERATORS = [
  ['openapi-typescript', true],
  ['orval', true],
  ['hey-api', false],
  ['kubb', true],
  ['swagger-typescript-api', false],
] as const;

const BOTH_TAGS = [
  { Key: 'age', Value: '20' },
  { Key: 'env', Value: 'prod' },
];

describe.skipIf(tools === undefined)('a client that is generated from openapi.json', () => {
  const stack = useKeyedStack();
  let folder: string;

  beforeAll(async () => {
    // Only the first two of these match both tags and one of the ids.
    const tagged = {
      asked: BOTH_TAGS,
      'asked-too': BOTH_TAGS,
      'not-asked': BOTH_TAGS,
      'one-tag': BOTH_TAGS.slice(1),
    };
    for (const [id, tags] of Object.entries(tagged))
      stack.emulator.instances.put({ InstanceId: id, ResourceTags: tags });

    folder = await mkdtemp(join(tmpdir(), 'generated-clients-'));
    await cp(join(tools!, 'clients'), folder, { recursive: true });
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
    await symlink(join(tools!, 'node_modules'), join(folder, 'node_modules'), 'dir');
    const document = join(ROOT, 'openapi.json');
    const generated = join(folder, 'generated');
    await mkdir(generated);
    await run(process.execPath, [join(tools!, 'generate.mjs'), document, stack.gateway.url], {
      cwd: generated,
    });
    // This generator tells the compiler not to check its code.
    const unchecked = join(generated, 'swagger-typescript-api/api.ts');
    await writeFile(unchecked, (await readFile(unchecked, 'utf8')).replace('// @ts-nocheck', ''));
  }, 120_000);
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it.each(GENERATORS)(
    '%s compiles strictly, and reads an instance, a list by several tags and ids, and an error',
    async (name, isExact) => {
      const project = join(folder, `tsconfig.${name}.json`);
      const compilerOptions = { exactOptionalPropertyTypes: isExact };
      await writeFile(
        project,
        JSON.stringify({ extends: './tsconfig.json', compilerOptions, files: [`${name}.ts`] }),
      );
      await run(process.execPath, [TSC, '-p', project]).catch((error: unknown) => {
        throw new Error((error as { stdout: string }).stdout);
      });
      const { stdout } = await run(process.execPath, [join(folder, `out/${name}.js`)], {
        env: {
          ...process.env,
          BASE_URL: stack.gateway.url,
          API_KEY: stack.key,
          ID: SAMPLE_ID,
          IDS: 'asked,asked-too,one-tag',
        },
      });
      expect(JSON.parse(stdout)).toStrictEqual({
        name: SAMPLE_INSTANCE.instanceName,
        listed: ['asked', 'asked-too'],
        code: 'instance-not-found',
      });
    },
    60_000,
  );
});
