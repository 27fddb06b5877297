import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { SAMPLE_ID, useStack } from '../support/gateway.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SOURCE = join(ROOT, 'libs/gateway-client');
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');

const run = promisify(execFile);

/**
 * A program that reads an instance and lists, and handles every error code. It compiles only if it handles exactly the codes of
 * the client.
 */
const CONSUMER = `
import {
  createGatewayClient, GatewayError, type Instance, type InstancePage, type ListedInstance, type ProblemCode, type ResponseFacts,
} from 'outboundbot-gateway-client';

const gateway = createGatewayClient({ baseUrl: 'http://127.0.0.1', apiKey: async () => 'key', fetch });
const timeOut: AbortSignal | undefined = AbortSignal.timeout(1000);

export async function nameOf(id: string): Promise<string | null> {
  try {
    const instance: Instance = await gateway.getInstance(id, { signal: timeOut });
    // @ts-expect-error The member is read-only.
    instance.instanceName = 'mine';
    // @ts-expect-error An instance has no such member.
    instance.InstanceName;
    return instance.instanceName;
  } catch (error) {
    return error instanceof GatewayError ? whatToDo(error) : null;
  }
}

export async function nameAll(): Promise<string[]> {
  const names: string[] = [];
  const instances = gateway.iterateInstances({ tags: ['env:prod'], sort: '-creationTime' }, { fresh: true });
  for await (const { instanceName, tags, isPreset } of instances) {
    const preset: boolean | null = isPreset;
    names.push(\`\${instanceName ?? ''} \${tags.map(({ key, value }) => key + (value ?? '')).join()} \${preset}\`);
  }
  // @ts-expect-error There is no such order.
  await gateway.listInstances({ sort: 'ownerName' });
  // @ts-expect-error There is no such filter.
  await gateway.listInstances({ owner: 'me' });
  // @ts-expect-error An iteration begins with the first page.
  gateway.iterateInstances({ page: 2 });
  const { data, facts }: { data: InstancePage; facts: ResponseFacts } = await gateway.listInstancesWithFacts();
  const [first]: readonly ListedInstance[] = data.instances;
  // @ts-expect-error The list is read-only.
  data.instances.push(first!);
  return facts.stale || facts.remaining === 0 ? [] : names;
}

function whatToDo({ code, upstream, retryAfterMs }: GatewayError): string {
  switch (code) {
    case 'network-error': case 'unexpected-answer': case 'unknown-problem':
      return 'try again';
    case 'too-many-requests': case 'overloaded': case 'upstream-throttled': case 'upstream-unavailable':
      return \`wait \${retryAfterMs ?? 0}\`;
    case 'upstream-error': case 'upstream-refused': case 'upstream-invalid-response': case 'upstream-timeout':
      return upstream?.requestId ?? 'ask the operators';
    case 'invalid-request': case 'unauthenticated': case 'forbidden': case 'instance-not-found':
    case 'route-not-found': case 'method-not-allowed': case 'not-acceptable': case 'internal-error': case 'not-cached': {
      const problem: ProblemCode = code;
      return problem;
    }
    // @ts-expect-error The client has no such error code.
    case 'instance-archived':
      return '';
  }
}
`;

describe('the package of the client', () => {
  const stack = useStack();
  let folder: string;
  let pack: { filename: string; size: number; files: { path: string }[] };
  /** A project that has installed the package. */
  const consumer = (...path: string[]) => join(folder, 'consumer', ...path);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gateway-client-'));
    const staged = join(folder, 'staged');
    for (const name of ['package.json', 'README.md', 'LICENSE'])
      await cp(join(SOURCE, name), join(staged, name));
    await run(process.execPath, [join(SOURCE, 'tools/compile.mjs'), join(staged, 'dist')]);
    const { stdout } = await run(
      'npm',
      ['pack', '--json', '--ignore-scripts', '--pack-destination', folder],
      {
        cwd: staged,
      },
    );
    [pack] = JSON.parse(stdout) as [typeof pack];

    const installed = consumer('node_modules', 'outboundbot-gateway-client');
    await mkdir(installed, { recursive: true });
    await run('tar', ['-xzf', join(folder, pack.filename), '-C', installed, '--strip-components=1']);
    // All dependencies of the package and, for the type checks, the types of Node.js.
    await symlink(join(ROOT, 'node_modules/openapi-fetch'), consumer('node_modules', 'openapi-fetch'));
    await symlink(join(ROOT, 'node_modules/@types'), consumer('node_modules', '@types'));
    await writeFile(consumer('package.json'), '{ "type": "module" }');
  }, 60_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('contains only the files that users need, in less than 16 kB', () => {
    const paths = pack.files.map(({ path }) => path);
    for (const path of ['LICENSE', 'README.md', 'package.json', 'dist/index.js', 'dist/index.d.ts']) {
      expect(paths).toContain(path);
    }
    for (const path of paths) {
      expect(path).toMatch(
        /^(LICENSE|README\.md|package\.json|dist\/[a-z-]+\.(js|d\.ts)|dist\/generated\/schemas\.d\.ts)$/,
      );
    }
    expect(pack.size).toBeLessThan(16_000);
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

  it('reads an instance in plain Node.js', async () => {
    const script = `
      import { createGatewayClient } from 'outboundbot-gateway-client';
      const gateway = createGatewayClient({ baseUrl: '${stack.gateway.url}' });
      console.log((await gateway.getInstance('${SAMPLE_ID}')).instanceName);
    `;
    await writeFile(consumer('read.mjs'), script);
    const { stdout } = await run(process.execPath, ['read.mjs'], { cwd: consumer() });
    expect(stdout).toBe('第一個實例\n');
  });

  it.each([
    ['bundler', 'esnext', ['ES2022', 'DOM'], []],
    ['nodenext', 'nodenext', ['ES2023'], ['node']],
  ])(
    'has types that compile in a strict project with moduleResolution %s',
    async (moduleResolution, module, lib, types) => {
      await writeFile(consumer('consumer.ts'), CONSUMER);
      const config = consumer(`tsconfig.${moduleResolution}.json`);
      const compilerOptions = {
        ...{ moduleResolution, module, lib, types, target: 'ES2022' },
        ...{ strict: true, exactOptionalPropertyTypes: true, noImplicitReturns: true, skipLibCheck: false },
        noEmit: true,
      };
      await writeFile(config, JSON.stringify({ compilerOptions, files: ['consumer.ts'] }));
      const checked = await run(process.execPath, [TSC, '-p', config]).catch((error: unknown) => error);
      expect(checked).toMatchObject({ stdout: '', stderr: '' });
    },
    60_000,
  );
});
