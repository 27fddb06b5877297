import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { CLIENT_CONSUMER } from '../support/client-consumer.js';
import { type Pack, packClient } from '../support/client-package.js';
import { SAMPLE_ID, useStack } from '../support/gateway.js';
import { BUILD } from '../support/programs.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SOURCE = join(ROOT, 'libs/gateway-client');
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');

const run = promisify(execFile);

describe('the package of the client', () => {
  const stack = useStack();
  let folder: string;
  let pack: Pack;
  /** A project that has installed the package. */
  const consumer = (...path: string[]) => join(folder, 'consumer', ...path);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gateway-client-'));
    pack = await packClient(folder);
    const installed = consumer('node_modules', 'outboundbot-gateway-client');
    await mkdir(installed, { recursive: true });
    await run('tar', ['-xzf', pack.path, '-C', installed, '--strip-components=1']);
    // All dependencies of the package and, for the type checks, the types of Node.js.
    await symlink(join(ROOT, 'node_modules/openapi-fetch'), consumer('node_modules', 'openapi-fetch'));
    await symlink(join(ROOT, 'node_modules/@types'), consumer('node_modules', '@types'));
    await writeFile(consumer('package.json'), '{ "type": "module" }');
  }, 60_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('contains only the files that users need, in less than 30 kB', () => {
    const paths = pack.files.map(({ path }) => path);
    for (const path of ['LICENSE', 'README.md', 'package.json', 'index.js', 'index.d.ts', 'cjs/index.js']) {
      expect(paths).toContain(path);
    }
    for (const path of paths) {
      expect(path).toMatch(
        /^(LICENSE|README\.md|package\.json|cjs\/package\.json|(cjs\/)?((testing\/)?[a-z-]+\.(js|d\.ts)|generated\/schemas\.d\.ts))$/,
      );
    }
    expect(pack.size).toBeLessThan(30_000);
  });

  it('has the licence of the project, and depends on its version range of openapi-fetch', async () => {
    expect(await readFile(join(SOURCE, 'LICENSE'), 'utf8')).toBe(
      await readFile(join(ROOT, 'LICENSE'), 'utf8'),
    );
    const manifestOf = async (path: string) =>
      JSON.parse(await readFile(path, 'utf8')) as Record<string, Record<string, string>>;
    const { dependencies } = await manifestOf(join(SOURCE, 'package.json'));
    const { devDependencies } = await manifestOf(join(ROOT, 'package.json'));
    expect(dependencies).toStrictEqual({ 'openapi-fetch': devDependencies!['openapi-fetch'] });
  });

  it.each([
    ['the root of the repository', '.', ['./libs/gateway-client']],
    ['the folder of the client', 'libs/gateway-client', []],
    ['a folder of its sources', 'libs/gateway-client/src', []],
  ])('cannot be packed without what was built: npm pack fails in %s', async (_, cwd, args) => {
    // --dry-run checks the same and leaves no file behind.
    const packing = run('npm', ['pack', '--dry-run', ...args], { cwd: join(ROOT, cwd) });
    await expect(packing).rejects.toMatchObject({ code: expect.any(Number), stdout: '' });
  });

  it.each([
    ['the root of the repository', '.', ['./libs/gateway-client/dist']],
    ['the folder of the client', 'libs/gateway-client', ['./dist']],
    ['the folder of the build', 'libs/gateway-client/dist', []],
  ])('is the same when it is packed in %s', async (_, cwd, args) => {
    const command = ['pack', '--json', '--dry-run', ...args];
    const { stdout } = await run('npm', command, { cwd: join(BUILD, cwd) });
    const [{ integrity }] = JSON.parse(stdout) as [{ integrity: string }];
    expect(integrity).toBe(pack.integrity);
  });

  it('has no finding of publint', async () => {
    const tarball = Uint8Array.from(await readFile(pack.path)).buffer;
    expect((await publint({ strict: true, pack: { tarball } })).messages).toStrictEqual([]);
  });

  it('has types that are right for every kind of module resolution (are the types wrong?)', async () => {
    const result = await checkPackage(createPackageFromTarballData(await readFile(pack.path)));
    expect(result).toMatchObject({ types: { kind: 'included' }, problems: [] });
  });

  it.each([
    ['import', 'read.mjs', `import { createGatewayClient } from 'outboundbot-gateway-client';`],
    ['require', 'read.cjs', `const { createGatewayClient } = require('outboundbot-gateway-client');`],
  ])('reads an instance in plain Node.js that loads it by %s', async (_, file, load) => {
    const script = `${load}
      createGatewayClient({ baseUrl: '${stack.gateway.url}' })
        .getInstance('${SAMPLE_ID}').then(({ instanceName }) => console.log(instanceName));
    `;
    await writeFile(consumer(file), script);
    const { stdout } = await run(process.execPath, [file], { cwd: consumer() });
    expect(stdout).toBe('第一個實例\n');
  });

  it.each([
    ['import', 'test.mjs', `import { fakeGateway } from 'outboundbot-gateway-client/testing';`],
    ['require', 'test.cjs', `const { fakeGateway } = require('outboundbot-gateway-client/testing');`],
  ])('has a fake gateway for tests by %s, without Mock Service Worker', async (_, file, load) => {
    const script = `${load}
      fakeGateway({ instances: [{ instanceId: 'a' }] })(new Request('http://x/instances/a'))
        .then(({ status }) => console.log(status));
    `;
    await writeFile(consumer(file), script);
    const { stdout } = await run(process.execPath, [file], { cwd: consumer() });
    expect(stdout).toBe('200\n');
  });

  it('has one kind of error for a program that loads it by import and by require', async () => {
    const script = `
      const required = require('outboundbot-gateway-client');
      import('outboundbot-gateway-client').then((imported) => {
        const facts = { detail: 'x' };
        console.log(
          required.GatewayError === imported.GatewayError,
          new required.GatewayError('timeout', facts) instanceof imported.GatewayError,
          new imported.GatewayError('timeout', facts) instanceof required.GatewayError,
        );
      });
    `;
    await writeFile(consumer('both.cjs'), script);
    const { stdout } = await run(process.execPath, ['both.cjs'], { cwd: consumer() });
    expect(stdout).toBe('false true true\n');
  });

  it.each([
    ['node10', 'commonjs', ['ES2022', 'DOM'], [], 'ts'],
    ['node16', 'node16', ['ES2023'], ['node'], 'mts'],
    ['node16', 'node16', ['ES2023'], ['node'], 'cts'],
    ['nodenext', 'nodenext', ['ES2023'], ['node'], 'mts'],
    ['nodenext', 'nodenext', ['ES2023'], ['node'], 'cts'],
    ['bundler', 'esnext', ['ES2022', 'DOM'], [], 'ts'],
  ])(
    'has types that compile in a strict project with moduleResolution %s, module %s, lib %j and types %j, in a .%s file',
    async (moduleResolution, module, lib, types, extension) => {
      const file = `consumer.${extension}`;
      await writeFile(consumer(file), CLIENT_CONSUMER);
      const config = consumer(`tsconfig.${moduleResolution}.${extension}.json`);
      const compilerOptions = {
        ...{ moduleResolution, module, lib, types, target: 'ES2022', ignoreDeprecations: '6.0' },
        ...{ strict: true, exactOptionalPropertyTypes: true, noImplicitReturns: true, skipLibCheck: false },
        noEmit: true,
      };
      await writeFile(config, JSON.stringify({ compilerOptions, files: [file] }));
      const checked = await run(process.execPath, [TSC, '-p', config]).catch((error: unknown) => error);
      expect(checked).toMatchObject({ stdout: '', stderr: '' });
    },
    60_000,
  );
});
