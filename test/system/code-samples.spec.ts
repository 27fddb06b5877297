import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { CodeSample } from '../../apps/gateway/src/docs/code-samples.js';
import { SAMPLE_INSTANCE } from '../support/gateway.js';
import { useKeyedStack } from '../support/keyed-stack.js';
import { findProgram } from '../support/missing-programs.js';
import { BUILD } from '../support/programs.js';

const run = promisify(execFile);
const curl = findProgram('curl');

type Method = 'get' | 'head';
type Operations = Record<Method, { operationId: string; 'x-codeSamples': CodeSample[] }>;
const document = JSON.parse(await readFile(new URL('../../openapi.json', import.meta.url), 'utf8')) as {
  paths: Record<string, Operations>;
};

/** A part of what each operation answers with. */
const ANSWERS: Readonly<Record<string, unknown>> = {
  listInstances: { total: 5, pageSize: 2, instances: [expect.anything(), expect.anything()] },
  getInstance: SAMPLE_INSTANCE,
  getProblems: expect.arrayContaining([expect.objectContaining({ code: 'upstream-error' })]),
  getProblem: { code: 'upstream-error', status: 502 },
  getLiveness: { status: 'live' },
  getReadiness: { status: 'ready' },
};

describe('the code samples of openapi.json', () => {
  const stack = useKeyedStack();
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'code-samples-'));
    await mkdir(join(folder, 'node_modules'));
    const client = join(BUILD, 'libs/gateway-client');
    await symlink(client, join(folder, 'node_modules/outboundbot-gateway-client'), 'dir');
    await writeFile(
      join(folder, 'json-output.mjs'),
      'console.log = (...values) => process.stdout.write(JSON.stringify(values));',
    );
  });
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  const samplesOf = (path: string, method: Method) =>
    new Map(
      document.paths[path]![method]['x-codeSamples'].map(({ label, source }) => [
        label,
        source.replaceAll('http://127.0.0.1:3000', stack.gateway.url).replaceAll('obg_...', stack.key),
      ]),
    );

  async function runCurl(source: string): Promise<string> {
    const { stdout } = await run('bash', ['-c', source]);
    return stdout;
  }

  /** What a sample logs, as JSON. */
  async function runScript(source: string): Promise<unknown[]> {
    const script = join(folder, 'sample.mjs');
    await writeFile(script, source);
    const preload = join(folder, 'json-output.mjs');
    const { stdout } = await run(process.execPath, ['--import', preload, script]);
    return JSON.parse(stdout) as unknown[];
  }

  describe.each(Object.keys(document.paths))('of %s', (path) => {
    it.skipIf(curl === undefined)('for curl print the answer, and for HEAD its status', async () => {
      const { operationId } = document.paths[path]!.get;
      const answer: unknown = JSON.parse(await runCurl(samplesOf(path, 'get').get('curl')!));
      expect(answer).toEqual(matching(ANSWERS[operationId]));
      expect(await runCurl(samplesOf(path, 'head').get('curl')!)).toMatch(/^HTTP\/1\.1 200 /);
    });

    it('for fetch print the answer', async () => {
      const { operationId } = document.paths[path]!.get;
      const [answer] = await runScript(samplesOf(path, 'get').get('fetch')!);
      expect(answer).toEqual(matching(ANSWERS[operationId]));
    });
  });

  it('for the typed client read an instance, and list instances by a tag', async () => {
    const instance = await runScript(samplesOf('/instances/{id}', 'get').get('Typed client')!);
    expect(instance).toStrictEqual([SAMPLE_INSTANCE]);
    const [total, instances] = await runScript(samplesOf('/instances', 'get').get('Typed client')!);
    const tags: unknown = expect.arrayContaining([{ key: 'age', value: '20' }]);
    expect(total).toBe(5);
    expect(instances).toMatchObject([{ tags }, { tags }]);
  });

  it('for fetch fail with the reason in words', async () => {
    const source = samplesOf('/instances/{id}', 'get').get('fetch')!.replace(stack.key, 'wrong');
    await expect(runScript(source)).rejects.toThrow('API key');
  });
});

/** A list is matched as it is, an object by its members. */
function matching(expected: unknown): unknown {
  const isPlain = Object.getPrototypeOf(expected) === Object.prototype;
  return isPlain ? expect.objectContaining(expected as object) : expected;
}
