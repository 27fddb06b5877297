import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { type Browser } from 'playwright-core';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { launchChromium } from '../support/chromium.js';
import { CLIENT_CONSUMER } from '../support/client-consumer.js';
import { packClient } from '../support/client-package.js';
import { SAMPLE_ID, SAMPLE_INSTANCE, startStack, UNCACHED } from '../support/gateway.js';
import { findProgram } from '../support/missing-programs.js';
import { environmentOfNpm } from '../support/npm.js';
import { type Program, watchProgram } from '../support/programs.js';
import { freePort } from '../support/redis-server.js';
import { serveFiles } from '../support/static-files.js';

const SOURCE = fileURLToPath(new URL('../client-environments', import.meta.url));

/** They are 800 MB, which a developer's run does not install unasked. */
const isWanted = process.env['CI'] === 'true' || process.env['CLIENT_ENVIRONMENTS'] === 'true';

/** What `use-client.js` returns everywhere. */
const READ = {
  instanceName: SAMPLE_INSTANCE.instanceName,
  listed: [SAMPLE_ID],
  error: ['instance-not-found', 404, false],
};

/**
 * Runs the packed client, as npm installs it, in the runtimes and build tools of its users. They are installed from the
 * lock file of test/client-environments into a temporary folder.
 */
describe.skipIf(!isWanted)('the packed client (with CI=true or CLIENT_ENVIRONMENTS=true)', () => {
  let folder: string;
  let files: Awaited<ReturnType<typeof serveFiles>>;
  let stack: Awaited<ReturnType<typeof startStack>>;
  const inFolder = (...path: string[]) => join(folder, ...path);

  beforeAll(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'client-environments-')));
    await cp(SOURCE, folder, { recursive: true });
    files = await serveFiles(folder);
    stack = await startStack({ ...UNCACHED, CORS_ORIGINS: files.origin });
    const { path } = await packClient(folder);
    await run('npm', ['ci']);
    await run('npm', ['install', '--no-save', path]);
  }, 300_000);
  afterAll(async () => {
    await stack.close();
    files.close();
    await rm(folder, { recursive: true, force: true });
  });

  function environment(): NodeJS.ProcessEnv {
    return {
      ...environmentOfNpm(),
      GATEWAY_URL: stack.gateway.url,
      INSTANCE_ID: SAMPLE_ID,
      NEXT_TELEMETRY_DISABLED: '1',
    };
  }

  /** Runs a command in the folder, and returns its stdout. */
  async function run(command: string, args: readonly string[], cwd = '.'): Promise<string> {
    const { stdout } = await promisify(execFile)(command, args, { cwd: inFolder(cwd), env: environment() });
    return stdout;
  }

  const node = (...args: string[]) => run(process.execPath, args);

  it.each([
    ['Node.js', process.execPath, []],
    ['Bun', `node_modules/@oven/bun-${process.platform}-${process.arch}/bin/bun`, []],
    ['Deno', process.execPath, ['node_modules/deno/bin.cjs', 'run', '--allow-net', '--allow-env']],
  ])(
    'reads instances in %s',
    async (_, command, options) => {
      const program = command === process.execPath ? command : inFolder(command);
      const printed = await run(program, [...options, 'program.js', stack.gateway.url, SAMPLE_ID]);
      expect(JSON.parse(printed)).toStrictEqual(READ);
    },
    60_000,
  );

  it('reads instances in a test of Jest, which loads CommonJS', async () => {
    await node('node_modules/jest/bin/jest.js', '--rootDir', 'jest', '--ci');
  }, 60_000);

  it.each([
    ['node10', 'commonjs', 'ts'],
    ['node16', 'node16', 'cts'],
    ['node16', 'node16', 'mts'],
    ['bundler', 'esnext', 'ts'],
  ])(
    'compiles with TypeScript 5.4 and moduleResolution %s, module %s, in a .%s file',
    async (moduleResolution, module, extension) => {
      const file = `consumer.${extension}`;
      await writeFile(inFolder(file), CLIENT_CONSUMER);
      const options = { moduleResolution, module, lib: ['ES2022', 'DOM'], types: [], target: 'ES2022' };
      const strictness = {
        strict: true,
        exactOptionalPropertyTypes: true,
        skipLibCheck: false,
        noEmit: true,
      };
      const config = { compilerOptions: { ...options, ...strictness }, files: [file] };
      await writeFile(inFolder('tsconfig.json'), JSON.stringify(config));
      expect(await node('node_modules/typescript/bin/tsc', '-p', '.').catch((error: unknown) => error)).toBe(
        '',
      );
    },
    60_000,
  );

  describe('in Cloudflare Workers', () => {
    interface Answers {
      read: unknown;
      withCache: { code: string; message: string };
      parallel: unknown[];
    }
    let answers: Record<string, Answers>;
    beforeAll(async () => {
      const bundle = await rolldown({ cwd: folder, input: 'worker.js' });
      await bundle.write({ file: inFolder('worker.bundle.js'), format: 'esm' });
      const printed = await node('miniflare.js', 'worker.bundle.js', stack.gateway.url, SAMPLE_ID);
      answers = JSON.parse(printed) as typeof answers;
    }, 60_000);

    const DATES = ['2021-11-02', '2023-05-01', '2025-06-01', '2026-04-01'];

    it.each(DATES)('reads instances at the compatibility date %s', (date) => {
      expect(answers[date]!.read).toStrictEqual(READ);
    });

    it.each(DATES)('lets parallel requests use one client at the compatibility date %s', (date) => {
      expect(answers[date]!.parallel).toStrictEqual([SAMPLE_INSTANCE, SAMPLE_INSTANCE, SAMPLE_INSTANCE]);
    });

    it.each(DATES)('says that a cache mode cannot be used at the compatibility date %s', (date) => {
      expect(answers[date]!.withCache).toMatchObject({
        code: 'setup-error',
        message: expect.stringMatching(/^This platform cannot make the request: .*cache/),
      });
    });
  });

  const chromium = findProgram('chromium');
  describe.skipIf(chromium === undefined)('in a page (Chromium)', () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await launchChromium(chromium!);
    }, 60_000);
    afterAll(() => browser.close());

    it.each([
      [
        'Vite',
        ['node_modules/vite/bin/vite.js', 'build', 'browser', '--base', './', '--outDir', '../by-vite'],
        'by-vite',
      ],
      ['webpack', ['webpack.js', 'by-webpack'], 'by-webpack'],
    ])(
      'reads instances when %s has built the page',
      async (_, build, output) => {
        await node(...build);
        const page = await browser.newPage();
        const query = new URLSearchParams({ baseUrl: stack.gateway.url, id: SAMPLE_ID }).toString();
        await page.goto(`${files.origin}/${output}/index.html?${query}`);
        const shown = page.locator('output:not(:empty)');
        expect(JSON.parse((await shown.textContent())!)).toStrictEqual(READ);
        await page.close();
      },
      60_000,
    );
  });

  describe('in Next.js', () => {
    let site: Program;
    let origin: string;
    const next = ['../node_modules/next/dist/bin/next'];
    beforeAll(async () => {
      await run(process.execPath, [...next, 'build'], 'next');
      const port = await freePort();
      origin = `http://127.0.0.1:${port}`;
      const start = [...next, 'start', '--hostname', '127.0.0.1', '--port', String(port)];
      site = watchProgram(process.execPath, start, environment() as Record<string, string>, inFolder('next'));
      await site.says(/Ready/);
    }, 240_000);
    afterAll(() => site.kill());

    /** The values that a page shows in brackets. */
    async function shownBy(path: string): Promise<string[]> {
      const response = await fetch(`${origin}${path}`);
      const body = await response.text();
      expect([response.status, body]).toStrictEqual([200, expect.any(String)]);
      const paragraph = /<p>(.*?)<\/p>/.exec(body)?.[1] ?? '';
      return [...paragraph.replaceAll('<!-- -->', '').matchAll(/\[(.*?)\]/g)].map(([, value]) => value!);
    }
    const rename = (name: string): void => {
      stack.emulator.instances.put({ InstanceId: SAMPLE_ID, InstanceName: name });
    };

    it('reads instances and errors for a page that is rendered for each request', async () => {
      stack.emulator.reset();
      expect(await shownBy('/ssr')).toStrictEqual([SAMPLE_INSTANCE.instanceName, 'instance-not-found']);
      rename('renamed');
      expect(await shownBy('/ssr')).toStrictEqual(['renamed', 'instance-not-found']);
    });

    it('reads instances for a static page, at its build and when it is rendered again', async () => {
      const prerendered = await readFile(inFolder('next/.next/server/app/isr.html'), 'utf8');
      expect(prerendered).toContain(SAMPLE_INSTANCE.instanceName);
      rename('renamed');
      await expect.poll(() => shownBy('/isr')).toStrictEqual(['renamed']);
      rename('renamed again');
      await expect.poll(() => shownBy('/isr')).toStrictEqual(['renamed again']);
    }, 30_000);

    it('reads from the data cache of Next.js through a fetch function with `next`', async () => {
      rename('first');
      expect(await shownBy('/cached')).toStrictEqual(['first']);
      rename('second');
      expect(await shownBy('/cached')).toStrictEqual(['first']);
    });
  });
});
