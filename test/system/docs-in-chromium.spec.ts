import { PROBLEM_CODES } from '@app/problem-details';
import axe, { type AxeResults, type ImpactValue } from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { KeyFile } from '../support/api-keys.js';
import { launchChromium } from '../support/chromium.js';
import { startStack } from '../support/gateway.js';
import { findProgram } from '../support/missing-programs.js';
import { AUDIENCE, OpenIdProvider } from '../support/openid-provider.js';

const chromiumPath = findProgram('chromium');

/** What axe finds in Swagger UI's own elements, which the gateway only puts on its page. */
const FAULTS_OF_SWAGGER_UI = {
  label: 'the fields for the values of a list parameter have no label',
  'nested-interactive': 'the line of an operation is a button, and holds other buttons',
  'select-name': 'the lists of servers, values and examples have no label',
};

const isGrave = (impact: ImpactValue | undefined): boolean => impact === 'critical' || impact === 'serious';

/** Elements that reach beyond the right edge of the window. */
const TOO_WIDE = `[...document.querySelectorAll('#swagger-ui *')]
  .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
  .map((element) => element.outerHTML.slice(0, 100))`;

describe.skipIf(chromiumPath === undefined)('the documentation in Chromium', () => {
  const file = new KeyFile();
  const key = file.add('reader', '*');
  file.write();
  let provider: OpenIdProvider;
  let tokenSettings: Record<string, string>;
  let stack: Awaited<ReturnType<typeof startStack>>;
  let browser: Browser;
  beforeAll(async () => {
    provider = await OpenIdProvider.start();
    tokenSettings = { AUTH_MODE: 'jwt', AUTH_JWT_ISSUER: provider.issuer, AUTH_JWT_AUDIENCE: AUDIENCE };
    stack = await startStack({
      ...tokenSettings,
      AUTH_MODE: 'api-key,jwt',
      AUTH_API_KEYS_FILE: file.path,
      RATE_LIMIT_REQUESTS: '100',
    });
    browser = await launchChromium(chromiumPath!);
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await stack.close();
    await provider.pause();
    file.delete();
  });

  /** Opens a page, and collects its script errors and its violations of the Content-Security-Policy. */
  async function open(path: string, options: BrowserContextOptions = {}) {
    const page = await browser.newPage({ viewport: { width: 1280, height: 1700 }, ...options });
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(`${stack.gateway.url}${path}`);
    return { page, complaints };
  }

  async function execute(page: Page) {
    await page.locator('#operations-instances-getInstance .execute').click();
    const answer = page.locator('#operations-instances-getInstance .live-responses-table .response');
    await answer.waitFor();
    return {
      status: await answer.locator('.response-col_status').innerText(),
      text: await answer.innerText(),
    };
  }

  it.each([
    ['an API key', 'X-API-Key', () => key],
    ['an access token', 'bearer', () => provider.token()],
  ])(
    'shows the API, accepts %s, calls a route and shows the answer',
    async (_, scheme, credential) => {
      const { page, complaints } = await open('/');
      expect(page.url()).toBe(`${stack.gateway.url}/docs`);
      await page.locator('.auth-wrapper .authorize').click();
      const container = page.locator('.auth-container').filter({ hasText: scheme });
      await container.locator('input').fill(await credential());
      await container.locator('button.authorize').click();
      await container.locator('.btn-done').click();

      await page.locator('#operations-instances-getInstance .opblock-summary-control').click();
      const { status, text } = await execute(page);
      expect(status).toContain('200');
      expect(text).toContain('第一個實例');
      expect(text).toContain('ratelimit-policy');
      expect(complaints).toStrictEqual([]);
      await page.close();
    },
    60_000,
  );

  it.each([
    ['light', 'desktop', { width: 1280, height: 900 }],
    ['dark', 'desktop', { width: 1280, height: 900 }],
    ['light', 'phone', { width: 360, height: 740 }],
    ['dark', 'phone', { width: 360, height: 740 }],
  ] as const)(
    'is readable in %s colours on a %s: no table is too wide, and axe finds only faults of Swagger UI',
    async (colorScheme, device, viewport) => {
      const extraHTTPHeaders = { 'X-API-Key': key };
      const { page, complaints } = await open('/docs', { colorScheme, viewport, extraHTTPHeaders });
      for (const operation of ['listInstances', 'getInstance'])
        await page.locator(`#operations-instances-${operation} .opblock-summary-control`).click();
      expect((await execute(page)).status).toContain('200');
      const samples = page.locator('#operations-instances-getInstance .code-sample summary');
      for (const sample of await samples.all()) await sample.click();

      expect(await page.evaluate(TOO_WIDE)).toStrictEqual([]);
      // Not a script element, which the Content-Security-Policy forbids.
      await page.evaluate(axe.source);
      const { violations }: AxeResults = await page.evaluate('axe.run()');
      const faults = violations.filter(({ id, impact }) => isGrave(impact) && !(id in FAULTS_OF_SWAGGER_UI));
      expect(faults.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id} ${html}`))).toStrictEqual([]);
      const background = await page.evaluate('getComputedStyle(document.documentElement).backgroundColor');
      expect(background).toBe(colorScheme === 'dark' ? 'rgb(28, 32, 34)' : 'rgba(0, 0, 0, 0)');
      expect(complaints).toStrictEqual([]);
      if (process.env['UPDATE_SCREENSHOT'] === 'true') {
        await page.evaluate(
          "document.querySelector('#operations-instances-getInstance .code-samples').scrollIntoView()",
        );
        await page.screenshot({ path: `docs/images/swagger-ui-${colorScheme}-${device}.png` });
      }
      await page.close();
    },
    60_000,
  );

  it('follows a reader who changes the colour scheme', async () => {
    const { page } = await open('/docs', { colorScheme: 'light' });
    const isDark = () => page.evaluate('document.documentElement.classList.contains("dark-mode")');
    expect(await isDark()).toBe(false);
    await page.emulateMedia({ colorScheme: 'dark' });
    await expect.poll(isDark).toBe(true);
    await page.close();
  }, 60_000);

  it('shows code samples that call the gateway that serves the page', async () => {
    const { page } = await open('/docs');
    await page.locator('#operations-instances-getInstance .opblock-summary-control').click();
    const samples = page.locator('#operations-instances-getInstance .code-sample');
    expect(await samples.locator('summary').allInnerTexts()).toStrictEqual(['curl', 'fetch', 'Typed client']);
    for (const sample of await samples.all())
      expect(await sample.locator('code').textContent()).toContain(stack.gateway.url);
    await page.close();
  }, 60_000);

  it.each([
    ['an access token', true, ['Bearer eyJ...', `Authorization: 'Bearer eyJ...'`, `accessToken: 'eyJ...'`]],
    ['no credential', false, ["curl 'http", "/90515b5-6115-4ccf-83e2-52d5bfaf2ddf');", ' })']],
  ])(
    'shows code samples with %s at a gateway that takes that',
    async (_, withToken, parts) => {
      const other = await startStack(withToken ? tokenSettings : {});
      const page = await browser.newPage();
      await page.goto(`${other.gateway.url}/docs`);
      await page.locator('#operations-instances-getInstance .opblock-summary-control').click();
      const samples = page.locator('#operations-instances-getInstance .code-sample code');
      await expect.poll(() => samples.count()).toBe(parts.length);
      const sources = await samples.allTextContents();
      expect(sources).toStrictEqual(parts.map((part) => expect.stringContaining(part) as string));
      expect(sources.join()).not.toMatch(/X-API-Key|obg_/);
      await page.close();
      await other.close();
    },
    60_000,
  );

  it('shows which credential is missing, and links every error code to its page', async () => {
    const { page } = await open('/docs');
    await page.locator('#operations-instances-getInstance .opblock-summary-control').click();
    const { status, text } = await execute(page);
    expect(status).toContain('401');
    expect(text).toContain('A credential is missing');
    for (const code of PROBLEM_CODES) {
      const link = page.locator(`.responses-wrapper a[href="problems/${code}"]`);
      expect(await link.count(), code).toBe(1);
    }
    await page.close();
  }, 60_000);
});
