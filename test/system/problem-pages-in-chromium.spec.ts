import { LANGUAGES, TEXTS } from '@app/problem-details';
import axe, { type AxeResults } from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { launchChromium } from '../support/chromium.js';
import { startStack } from '../support/gateway.js';
import { findProgram } from '../support/missing-programs.js';

const chromiumPath = findProgram('chromium');
const PHONE = { width: 360, height: 740 };
const DESKTOP = { width: 1000, height: 720 };

describe.skipIf(chromiumPath === undefined)('the pages of the error codes in Chromium', () => {
  let stack: Awaited<ReturnType<typeof startStack>>;
  let browser: Browser;
  beforeAll(async () => {
    stack = await startStack({});
    browser = await launchChromium(chromiumPath!);
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await stack.close();
  });

  /** Opens a page, and collects its errors and its violations of the Content-Security-Policy. */
  async function open(path: string, options: BrowserContextOptions) {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(`${stack.gateway.url}${path}`);
    return { page, complaints, close: () => context.close() };
  }

  async function axeViolations(page: Page): Promise<string[]> {
    // Not a script element, which the Content-Security-Policy forbids.
    await page.evaluate(axe.source);
    const { violations }: AxeResults = await page.evaluate('axe.run()');
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  }

  const overflow = (page: Page): Promise<number> =>
    page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');

  describe.each(LANGUAGES)('in %s', (language) => {
    it.each([
      ['light', 'desktop', DESKTOP],
      ['dark', 'desktop', DESKTOP],
      ['light', 'phone', PHONE],
      ['dark', 'phone', PHONE],
    ] as const)(
      'are readable in %s colours on a %s, and axe finds no fault in them',
      async (colorScheme, device, viewport) => {
        const options = { locale: language, colorScheme, viewport };
        for (const path of ['/problems', '/problems/unknown', '/problems/upstream-error']) {
          const { page, complaints, close } = await open(path, options);
          expect(await axeViolations(page), path).toStrictEqual([]);
          expect(await overflow(page), path).toBe(0);
          expect(await page.getAttribute('html', 'lang')).toBe(language);
          // Chromium reports the status 404 of the page itself.
          const expected = path.endsWith('unknown') ? [expect.stringContaining('404')] : [];
          expect(complaints, path).toStrictEqual(expected);
          if (process.env['UPDATE_SCREENSHOT'] === 'true' && path.endsWith('upstream-error'))
            await page.screenshot({
              path: `docs/images/problem-page-${language}-${colorScheme}-${device}.png`,
            });
          await close();
        }
      },
      60_000,
    );
  });

  it('are dark for readers who prefer that', async () => {
    const background = 'getComputedStyle(document.body).backgroundColor';
    const light = await open('/problems', { colorScheme: 'light' });
    expect(await light.page.evaluate(background)).toBe('rgb(255, 255, 255)');
    const dark = await open('/problems', { colorScheme: 'dark' });
    expect(await dark.page.evaluate(background)).toBe('rgb(22, 22, 22)');
    await light.close();
    await dark.close();
  }, 60_000);

  it('change their language by a link, keep it from page to page, and store nothing', async () => {
    const { page, close } = await open('/problems', { locale: 'en' });
    const click = async (name: string) => {
      await page.getByRole('link', { name, exact: true }).click();
      await page.waitForLoadState();
    };
    await click('繁體中文');
    await click('overloaded');
    expect(await page.locator('h1').innerText()).toBe(TEXTS['zh-Hant'].problems.overloaded.title);
    await click('简体中文');
    expect(await page.locator('h1').innerText()).toBe(TEXTS['zh-Hans'].problems.overloaded.title);
    await click('全部错误码');
    expect(page.url()).toBe(`${stack.gateway.url}/problems?lang=zh-Hans`);
    await click('API 文档');
    expect(page.url()).toBe(`${stack.gateway.url}/docs`);
    expect(await page.context().cookies()).toStrictEqual([]);
    await close();
  }, 60_000);
});
