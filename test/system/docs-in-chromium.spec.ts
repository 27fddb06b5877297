import { PROBLEM_CODES } from '@app/problem-details';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { KeyFile } from '../support/api-keys.js';
import { launchChromium } from '../support/chromium.js';
import { startStack } from '../support/gateway.js';
import { findProgram } from '../support/missing-programs.js';
import { AUDIENCE, OpenIdProvider } from '../support/openid-provider.js';

const chromiumPath = findProgram('chromium');

describe.skipIf(chromiumPath === undefined)('the documentation in Chromium', () => {
  const file = new KeyFile();
  const key = file.add('reader', '*');
  file.write();
  let provider: OpenIdProvider;
  let stack: Awaited<ReturnType<typeof startStack>>;
  let browser: Browser;
  beforeAll(async () => {
    provider = await OpenIdProvider.start();
    stack = await startStack({
      AUTH_MODE: 'api-key,jwt',
      AUTH_API_KEYS_FILE: file.path,
      AUTH_JWT_ISSUER: provider.issuer,
      AUTH_JWT_AUDIENCE: AUDIENCE,
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
  async function open(path: string) {
    const page = await browser.newPage({ viewport: { width: 1280, height: 1700 } });
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
      if (process.env['UPDATE_SCREENSHOT'] === 'true' && scheme === 'X-API-Key') {
        await page.screenshot({ path: 'docs/images/swagger-ui.png' });
      }
      await page.close();
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
