import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { KeyFile } from '../support/api-keys.js';
import { launchChromium } from '../support/chromium.js';
import { SAMPLE_ID, startStack, UNCACHED, useStack } from '../support/gateway.js';
import { findProgram } from '../support/missing-programs.js';
import { BUILD, startProgram } from '../support/programs.js';
import { freePort } from '../support/redis-server.js';
import { serveFiles } from '../support/static-files.js';

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

  it('prints each instance that contains a text as one line', async () => {
    const { code, output } = await run(['--list', '第一個']);
    expect(
      output
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toMatchObject([{ instanceId: SAMPLE_ID, tags: expect.any(Array) }]);
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
    expect(code).toBe(5);
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

/** Their order of addition is against the order of their names. */
const RECORDS = Array.from({ length: 25 }, (_, index) => {
  const number = String(25 - index).padStart(2, '0');
  return {
    InstanceId: `own-${number}`,
    InstanceName: `Own instance ${number}`,
    CreatorId: 205273937398494789n,
    CreationTime: Date.UTC(2025, 0, 25 - index),
    ResourceTags: [{ Key: 'env', Value: 'test' }],
  };
});

const chromiumPath = findProgram('chromium');

describe.skipIf(chromiumPath === undefined)('the example of a web page (Chromium)', () => {
  const file = new KeyFile();
  const key = file.add('page', SAMPLE_ID, 'missing');
  file.write();
  let browser: Browser;
  let files: Awaited<ReturnType<typeof serveFiles>>;
  beforeAll(async () => {
    files = await serveFiles(BUILD);
    browser = await launchChromium(chromiumPath!);
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    files.close();
    file.delete();
  });

  /** The page, with the URL of a gateway of another origin in its settings. */
  async function open(variables: Record<string, string> = {}, query = '') {
    const stack = await startStack({
      CORS_ORIGINS: files.origin,
      CACHE_MIN_REVALIDATE_MS: '0',
      ...variables,
    });
    for (const record of RECORDS) stack.emulator.instances.put(record);
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    const statuses: number[] = [];
    page.on('response', (response) => {
      if (response.url().startsWith(stack.gateway.url)) statuses.push(response.status());
    });
    /** What the page complained of. Chromium also reports each error status of the gateway, which tests ask for. */
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      const isAnswer = message.location().url.startsWith(stack.gateway.url);
      if (message.type() === 'error' && !isAnswer) complaints.push(message.text());
    });
    await page.addInitScript(`localStorage.setItem('gateway-url', '${stack.gateway.url}')`);
    await page.goto(`${files.origin}/libs/gateway-client/examples/web-page/index.html${query}`);
    return {
      page,
      stack,
      statuses,
      complaints,
      close: async () => {
        await page.close();
        await stack.close();
      },
    };
  }

  const KEYS = { AUTH_MODE: 'api-key', AUTH_API_KEYS_FILE: file.path };
  const status = (page: Page) => page.getByRole('status');
  const dialog = (page: Page) => page.getByRole('dialog');
  const problem = (page: Page) => page.getByRole('alert');
  const firstName = (page: Page) => page.locator('tbody th button').first();

  /** Waits until the page says this. */
  const says = (page: Page, text: RegExp | string) => status(page).filter({ hasText: text }).waitFor();

  async function enterKey(page: Page, entered: string): Promise<void> {
    await page.getByLabel('API key').fill(entered);
    await page.getByRole('button', { name: 'Apply' }).click();
  }

  it('lists, searches and turns pages, and a reload shows the same', async () => {
    const { page, complaints, close } = await open();
    await says(page, /^\d+ instances, page 1 of \d+\.$/);
    await page.getByLabel('Search').fill('own instance');
    await says(page, '25 instances, page 1 of 2.');
    expect(await page.locator('tbody tr').count()).toBe(20);
    await page.getByRole('button', { name: 'Next' }).click();
    await says(page, '25 instances, page 2 of 2.');
    expect(await page.locator('tbody tr').count()).toBe(5);
    // The button keeps the focus, although there is no next page.
    expect(await page.getByRole('button', { name: 'Next' }).getAttribute('aria-disabled')).toBe('true');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Next');

    await page.reload();
    await says(page, '25 instances, page 2 of 2.');
    expect(await page.getByLabel('Search').inputValue()).toBe('own instance');
    await page.goBack();
    await says(page, '25 instances, page 1 of 2.');
    await page.getByLabel('Per page').selectOption('50');
    await says(page, '25 instances, page 1 of 1.');
    expect(complaints).toStrictEqual([]);
    await close();
  }, 60_000);

  it('sorts by a column, up, down and not at all', async () => {
    const { page, complaints, close } = await open({}, '?q=own+instance');
    const header = page.getByRole('columnheader', { name: 'Name' });
    await says(page, '25 instances');
    for (const [order, first] of [
      ['ascending', 'Own instance 01'],
      ['descending', 'Own instance 25'],
      ['none', 'Own instance 25'],
    ]) {
      await header.getByRole('button').click();
      await expect.poll(() => header.getAttribute('aria-sort')).toBe(order);
      await expect.poll(() => firstName(page).innerText()).toBe(first);
    }
    await page.getByRole('button', { name: 'Created' }).click();
    await expect.poll(() => new URL(page.url()).search).toBe('?q=own+instance&sort=creationTime');
    await expect.poll(() => firstName(page).innerText()).toBe('Own instance 01');
    expect(complaints).toStrictEqual([]);
    await close();
  }, 60_000);

  it('shows an instance by keyboard, and gives the focus back', async () => {
    const { page, complaints, close } = await open({}, '?q=own+instance&sort=instanceName');
    await says(page, '25 instances');
    await firstName(page).focus();
    await page.keyboard.press('Enter');
    await dialog(page).getByText('205273937398494789').waitFor();
    expect(await dialog(page).getByRole('heading').innerText()).toBe('Own instance 01');
    expect(new URL(page.url()).searchParams.get('instance')).toBe('own-01');
    await page.keyboard.press('Escape');
    await dialog(page).waitFor({ state: 'hidden' });
    // The browser fires the dialog's event after it has hidden the dialog.
    await expect.poll(() => new URL(page.url()).searchParams.has('instance')).toBe(false);
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Own instance 01');

    await page.goBack();
    await page.goForward();
    expect(complaints).toStrictEqual([]);
    await close();
  }, 60_000);

  it('shows a change after a refresh, as text, and downloads the list only if it has changed', async () => {
    const { page, stack, statuses, complaints, close } = await open({}, '?q=own-01');
    await says(page, '1 instance, page 1 of 1.');
    const refresh = page.getByRole('button', { name: 'Refresh', exact: true });
    await refresh.click();
    await expect.poll(() => statuses).toStrictEqual([200, 304]);

    const renamed = {
      ...RECORDS.find(({ InstanceId }) => InstanceId === 'own-01')!,
      InstanceName: '<b>renamed</b>',
    };
    stack.emulator.instances.put(renamed);
    await refresh.click();
    await expect.poll(() => firstName(page).innerText()).toBe('<b>renamed</b>');
    expect(statuses).toStrictEqual([200, 304, 200]);

    await firstName(page).click();
    await dialog(page).getByRole('heading', { name: '<b>renamed</b>' }).waitFor();
    stack.emulator.instances.put({ ...renamed, OwnerName: 'New owner' });
    await dialog(page).getByRole('button', { name: 'Refresh' }).click();
    await dialog(page).getByText('New owner').waitFor();
    expect(complaints).toStrictEqual([]);
    await close();
  }, 60_000);

  it('says how old a stale answer is', async () => {
    const { page, stack, close } = await open({}, '?q=own-01');
    await says(page, '1 instance');
    expect(await page.locator('#age').innerText()).toMatch(/^As of (now|\d s ago)$/);
    stack.emulator.faults.add({ kind: 'error', code: 'InternalError' });
    stack.gateway.clock.advance(120_000);
    await page.getByRole('button', { name: 'Refresh', exact: true }).click();
    await page.getByText('Stale: as of 2 min ago').waitFor();
    await close();
  }, 60_000);

  it('says that no instance matches the search', async () => {
    const { page, close } = await open({}, '?q=nothing+like+it&page=7');
    await says(page, 'No instance matches “nothing like it”.');
    expect(await page.getByRole('table').isVisible()).toBe(false);
    await close();
  }, 60_000);

  it('shows the last page if the page of the URL is after it', async () => {
    const { page, close } = await open({}, '?q=own+instance&page=9');
    await says(page, '25 instances, page 2 of 2.');
    await close();
  }, 60_000);

  it('asks for a key, and forgets it at a reload', async () => {
    const { page, statuses, complaints, close } = await open(KEYS);
    await problem(page).getByText('The key is missing or wrong').waitFor();
    await enterKey(page, 'wrong');
    await expect.poll(() => statuses).toStrictEqual([401, 401]);
    // The page opens the settings again.
    await enterKey(page, key);
    await says(page, '1 instance, page 1 of 1.');
    expect(await problem(page).isVisible()).toBe(false);
    await page.reload();
    await problem(page).getByText('The key is missing or wrong').waitFor();
    expect(complaints).toStrictEqual([]);
    await close();
  }, 60_000);

  it.each([
    ['a missing instance', 'missing', 'There is no such instance', 'instance-not-found'],
    ['an instance of others', OTHER_ID, 'This key may not read this', 'forbidden'],
    ['an id that is none', '..', 'The gateway does not accept this request', 'invalid-request'],
  ])(
    'shows what is wrong with %s',
    async (_, id, title, code) => {
      const { page, complaints, close } = await open(KEYS);
      await enterKey(page, key);
      await says(page, '1 instance');
      // A state of the history, because a reload would forget the key.
      await page.evaluate(`history.pushState(null, '', '?instance=${id}'); history.pushState(null, '', '?')`);
      await page.goBack();
      await dialog(page).getByText(title).waitFor();
      expect(await dialog(page).innerText()).toContain(code);
      expect(complaints).toStrictEqual([]);
      await close();
    },
    60_000,
  );

  it('shows the request ids of a failure, and lists the instances when the user tries again', async () => {
    const { page, stack, close } = await open(UNCACHED);
    await says(page, 'instances');
    stack.emulator.faults.add({ kind: 'error', code: 'InternalError', times: 3 });
    await page.getByRole('button', { name: 'Refresh', exact: true }).click();
    await problem(page).getByText('upstream-error').waitFor();
    const [call] = stack.emulator.calls.list().slice(-1);
    expect(await problem(page).innerText()).toContain(call!.requestId);
    const shown = await problem(page).locator('dt:text-is("Request id") + dd').innerText();
    await expect.poll(() => stack.gateway.requestLog().map(({ requestId }) => requestId)).toContain(shown);
    await problem(page).getByRole('button', { name: 'Try again' }).click();
    await says(page, 'instances');
    // The button that had the focus is gone.
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Refresh');
    await close();
  }, 60_000);

  it('can read the response headers that the client needs', async () => {
    const { page, stack, close } = await open({
      ...KEYS,
      RATE_LIMIT_REQUESTS: '2',
      RATE_LIMIT_WINDOW_S: '60',
    });
    const headersOf = (): Promise<Record<string, string>> =>
      page.evaluate(`fetch('${stack.gateway.url}/instances/${SAMPLE_ID}', {
        headers: { 'X-API-Key': '${key}', 'X-Request-Id': 'from-the-page' },
        cache: 'no-store',
      }).then(({ headers }) => Object.fromEntries(headers))`);
    expect(await headersOf()).toMatchObject({
      etag: expect.stringMatching(/^".+"$/),
      'x-request-id': 'from-the-page',
      'cache-status': expect.any(String),
      ratelimit: expect.any(String),
    });
    await headersOf();
    expect(await headersOf()).toMatchObject({
      'retry-after': expect.stringMatching(/^\d+$/),
      'x-request-id': 'from-the-page',
    });
    await close();
  }, 60_000);

  it('shows when to try again if Retry-After is too long to wait', async () => {
    const { page, statuses, close } = await open({ RATE_LIMIT_REQUESTS: '1', RATE_LIMIT_WINDOW_S: '60' });
    await says(page, 'instances');
    await page.getByRole('button', { name: 'Refresh', exact: true }).click();
    await problem(page).getByText('Too many requests').first().waitFor();
    expect(await problem(page).innerText()).toMatch(/Try again in\s+(59|60) s/);
    expect(statuses).toStrictEqual([200, 429]);
    await close();
  }, 60_000);

  it('waits for a short Retry-After and then tries again', async () => {
    const { page, statuses, close } = await open({ RATE_LIMIT_REQUESTS: '1', RATE_LIMIT_WINDOW_S: '4' });
    await says(page, 'instances');
    await page.getByRole('button', { name: 'Refresh', exact: true }).click();
    await expect.poll(() => statuses).toStrictEqual([200, 429, 304]);
    await says(page, 'instances');
    await close();
  }, 60_000);

  it('explains a gateway that does not list its origin', async () => {
    const { page, close } = await open({ CORS_ORIGINS: 'https://elsewhere.example.com' });
    await problem(page).getByText('network-error').waitFor();
    expect(await problem(page).innerText()).toContain(`has ${files.origin} in CORS_ORIGINS`);
    expect(await page.getByLabel('Gateway URL').isVisible()).toBe(true);
    await close();
  }, 60_000);

  it('shows the list without scrolling sideways on a phone', async () => {
    const { page, close } = await open();
    await page.setViewportSize({ width: 360, height: 740 });
    await says(page, 'instances');
    const overflow = () => page.evaluate('document.documentElement.scrollWidth - innerWidth');
    expect(await overflow()).toBeLessThanOrEqual(0);
    await firstName(page).click();
    await dialog(page).getByText('Resource group').waitFor();
    expect(await overflow()).toBeLessThanOrEqual(0);
    await close();
  }, 60_000);

  it.each(['light', 'dark'] as const)(
    'is drawn for a %s screen',
    async (colorScheme) => {
      const { page, close } = await open({}, '?q=sales&sort=instanceName&pageSize=10');
      await page.emulateMedia({ colorScheme });
      await says(page, 'instances');
      const background = await page.evaluate('getComputedStyle(document.body).backgroundColor');
      expect(background).toBe(colorScheme === 'light' ? 'rgb(246, 247, 249)' : 'rgb(20, 23, 28)');
      if (process.env['UPDATE_SCREENSHOT'] === 'true' && colorScheme === 'light') {
        await page.screenshot({ path: 'docs/images/example-page.png', fullPage: true });
      }
      await close();
    },
    60_000,
  );

  it.each(['light', 'dark'] as const)(
    'has no accessibility problem that axe-core finds (%s)',
    async (colorScheme) => {
      const { page, close } = await open();
      await page.emulateMedia({ colorScheme });
      await says(page, 'instances');
      await page.addScriptTag({ content: axe.source });
      const violations = () =>
        page.evaluate(
          'axe.run().then((result) => result.violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html)}`))',
        );
      expect(await violations()).toStrictEqual([]);
      await page.getByText('Settings', { exact: true }).click();
      expect(await violations()).toStrictEqual([]);
      await firstName(page).click();
      await dialog(page).getByText('Resource group').waitFor();
      expect(await violations()).toStrictEqual([]);
      await page.keyboard.press('Escape');
      await page.getByLabel('Gateway URL').fill('http://127.0.0.1:1');
      await page.getByRole('button', { name: 'Apply' }).click();
      await problem(page).getByText('network-error').waitFor();
      expect(await violations()).toStrictEqual([]);
      await close();
    },
    60_000,
  );
});
