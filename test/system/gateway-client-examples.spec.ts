import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { KeyFile } from '../support/api-keys.js';
import { launchChromium } from '../support/chromium.js';
import { SAMPLE_ID, startStack, UNCACHED, useStack } from '../support/gateway.js';
import { findProgram } from '../support/missing-programs.js';
import { BUILD, startProgram } from '../support/programs.js';
import { freePort } from '../support/redis-server.js';

const OTHER_ID = 'af81a389-91f0-4157-8d82-720edd02b66a';

describe('the example of a service', () => {
  const file = new KeyFile();
  const key = file.add('service', SAMPLE_ID, 'missing');
  file.write();
  const stack = useStack({ ...UNCACHED, AUTH_MODE: 'api-key', AUTH_API_KEYS_FILE: file.path });
  afterAll(() => {
    file.delete();
  });

  async function run(args: readonly string[], env: Record<string, string> = {}) {
    const program = startProgram(['libs/gateway-client/examples/service.mjs', ...args], {
      GATEWAY_URL: stack.gateway.url,
      API_KEY: key,
      ...env,
    });
    return { code: await program.ended, output: program.output() };
  }

  it('prints the instance', async () => {
    const { code, output } = await run([SAMPLE_ID]);
    expect(JSON.parse(output)).toMatchObject({ instanceId: SAMPLE_ID, instanceName: '第一個實例' });
    expect(code).toBe(0);
  });

  it.each([
    ['a missing instance', ['missing'], {}, 3, /^instance-not-found: /],
    ['an id that is none', ['not..valid'], {}, 2, /^invalid-request: /],
    ['another instance', [OTHER_ID], {}, 4, /^forbidden: /],
    ['a wrong key', [SAMPLE_ID], { API_KEY: 'canary' }, 4, /^unauthenticated: (?!.*canary)/],
    ['no id', [], {}, 2, /^Usage: /],
    ['a URL that is none', [SAMPLE_ID], { GATEWAY_URL: 'nowhere' }, 1, /^baseUrl must be /],
  ])('ends with its own exit code for %s', async (_, args, env, expected, says) => {
    const { code, output } = await run(args, env);
    expect(output).toMatch(says);
    expect(code).toBe(expected);
  });

  it('prints the request ids of a failure, which a support ticket needs', async () => {
    stack.emulator.faults.add({ kind: 'error', code: 'InternalError' });
    const { code, output } = await run([SAMPLE_ID]);
    const [call] = stack.emulator.calls.list().slice(-1);
    expect(output).toMatch(/^upstream-error: .*\nRequest id: \S+\n/);
    expect(output).toContain(`Request id of the OutboundBot service: ${call!.requestId}`);
    expect(code).toBe(1);
  });

  it('prints when to try again', async () => {
    stack.emulator.faults.add({ kind: 'error', code: 'Throttling.User', retryAfter: '30000' });
    const { code, output } = await run([SAMPLE_ID]);
    expect(output).toMatch(/^upstream-throttled: [^]*Try again in 30 s\.\n$/);
    expect(code).toBe(5);
  });

  it('prints that the gateway cannot be reached', async () => {
    const { code, output } = await run([SAMPLE_ID], { GATEWAY_URL: `http://127.0.0.1:${await freePort()}` });
    expect(output).toMatch(/^network-error: .*\(ECONNREFUSED\)/);
    expect(code).toBe(5);
  });
});

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
};

/** Serves the files of the build, as any static server would, on an origin of its own. */
async function serveFiles(): Promise<{ origin: string; close: () => void }> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url!, 'http://localhost');
    readFile(join(BUILD, pathname)).then(
      (content) =>
        response.writeHead(200, { 'content-type': TYPES[extname(pathname)] ?? 'text/plain' }).end(content),
      () => response.writeHead(404).end(),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

const chromiumPath = findProgram('chromium');

describe.skipIf(chromiumPath === undefined)('the example of a web page (Chromium)', () => {
  const file = new KeyFile();
  const key = file.add('page', SAMPLE_ID, 'missing');
  file.write();
  let browser: Browser;
  let files: Awaited<ReturnType<typeof serveFiles>>;
  beforeAll(async () => {
    files = await serveFiles();
    browser = await launchChromium(chromiumPath!);
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    files.close();
    file.delete();
  });

  /** The page, with a gateway of another origin in its form; and the statuses of that one's answers. */
  async function open(variables: Record<string, string> = {}) {
    const stack = await startStack({
      CORS_ORIGINS: files.origin,
      AUTH_MODE: 'api-key',
      AUTH_API_KEYS_FILE: file.path,
      ...variables,
    });
    const page = await browser.newPage();
    const statuses: number[] = [];
    page.on('response', (response) => {
      if (response.url().startsWith(stack.gateway.url)) statuses.push(response.status());
    });
    const failures: string[] = [];
    page.on('pageerror', (error) => failures.push(error.message));
    await page.goto(`${files.origin}/libs/gateway-client/examples/web-page/index.html`);
    await page.getByLabel('Gateway').fill(stack.gateway.url);
    await page.getByLabel('API key').fill(key);
    return {
      page,
      stack,
      statuses,
      close: async () => {
        expect(failures).toStrictEqual([]);
        await page.close();
        await stack.close();
      },
    };
  }

  /** Presses the button, and gives what is said then. */
  async function read(page: Page, id = SAMPLE_ID): Promise<string> {
    await page.getByLabel('Instance').fill(id);
    await page.getByRole('button', { name: 'Read' }).click();
    const outcome = page.getByRole('region', { name: 'Outcome' });
    await outcome.getByRole('heading').waitFor();
    return outcome.innerText();
  }

  it('shows an instance, and downloads it again only after a change', async () => {
    const { page, stack, statuses, close } = await open();
    const first = await read(page);
    expect(first).toContain('第一個實例');
    expect(first).toContain('2020-01-08T07:37:22.851Z');
    // A 304 to the page's own If-None-Match: it could read the ETag.
    expect(await read(page)).toBe(first);
    expect(statuses).toStrictEqual([200, 304]);

    stack.emulator.instances.put({ InstanceId: SAMPLE_ID, InstanceName: '<b>renamed</b>' });
    stack.gateway.clock.advance(60_000);
    expect(await read(page)).toContain('<b>renamed</b>');
    expect(statuses).toStrictEqual([200, 304, 200]);
    await close();
  }, 60_000);

  it('asks the gateway each time, although the browser may cache the answer', async () => {
    const { page, stack, close } = await open();
    await read(page);
    await page.reload();
    await page.getByLabel('Gateway').fill(stack.gateway.url);
    await page.getByLabel('API key').fill(key);
    await read(page);
    await expect
      .poll(() => stack.gateway.requestLog().filter(({ method }) => method === 'GET'))
      .toMatchObject([{ status: 200 }, { status: 200 }]);
    await close();
  }, 60_000);

  it.each([
    ['a missing instance', 'missing', key, 'There is no such instance', 'instance-not-found'],
    ['an instance of others', OTHER_ID, key, 'This key may not read this instance', 'forbidden'],
    ['a wrong key', SAMPLE_ID, 'wrong', 'The key is missing or wrong', 'unauthenticated'],
    ['no key', SAMPLE_ID, '', 'The key is missing or wrong', 'unauthenticated'],
    ['an id that is none', '..', key, 'The instance could not be read', 'invalid-request'],
  ])(
    'shows what is wrong with %s',
    async (_, id, enteredKey, title, code) => {
      const { page, close } = await open();
      await page.getByLabel('API key').fill(enteredKey);
      const said = await read(page, id);
      expect(said).toContain(title);
      expect(said).toContain(code);
      await close();
    },
    60_000,
  );

  it('shows the request id that the gateway logged', async () => {
    const { page, stack, close } = await open();
    await read(page, 'missing');
    const shown = await page.locator('dt:text-is("Request id") + dd').innerText();
    await expect.poll(() => stack.gateway.requestLog().map(({ requestId }) => requestId)).toContain(shown);
    await close();
  }, 60_000);

  it('can read the response headers that the client needs', async () => {
    const { page, stack, close } = await open({ RATE_LIMIT_REQUESTS: '1', RATE_LIMIT_WINDOW_S: '60' });
    const headersOf = (): Promise<Record<string, string>> =>
      page.evaluate(`fetch('${stack.gateway.url}/instances/${SAMPLE_ID}', {
        headers: { 'X-API-Key': '${key}', 'X-Request-Id': 'from-the-page' },
        cache: 'no-store',
      }).then(({ headers }) => Object.fromEntries(headers))`);
    expect(await headersOf()).toMatchObject({
      etag: expect.stringMatching(/^".+"$/),
      'x-request-id': 'from-the-page',
    });
    expect(await headersOf()).toMatchObject({
      'retry-after': expect.stringMatching(/^\d+$/),
      'x-request-id': 'from-the-page',
    });
    await close();
  }, 60_000);

  it('shows when to try again if Retry-After is too long to wait', async () => {
    const { page, statuses, close } = await open({ RATE_LIMIT_REQUESTS: '1', RATE_LIMIT_WINDOW_S: '60' });
    await read(page);
    const said = await read(page);
    expect(said).toContain('Too many requests');
    expect(said).toMatch(/Try again in\s+(59|60) s/);
    expect(statuses).toStrictEqual([200, 429]);
    await close();
  }, 60_000);

  it('waits for a short Retry-After and then tries again', async () => {
    const { page, statuses, close } = await open({ RATE_LIMIT_REQUESTS: '1', RATE_LIMIT_WINDOW_S: '4' });
    await read(page);
    expect(await read(page)).toContain('第一個實例');
    expect(statuses).toStrictEqual([200, 429, 304]);
    await close();
  }, 60_000);

  it('shows the same error for a gateway that does not list its origin and for one that does not answer', async () => {
    const { page, close } = await open({ CORS_ORIGINS: 'https://elsewhere.example.com' });
    expect(await read(page)).toContain('network-error');
    await close();
  }, 60_000);
});
