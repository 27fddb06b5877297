import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createGatewayClient } from '../../libs/gateway-client/src/index.js';
import { launchChromium } from '../support/chromium.js';
import { SAMPLE_ID, SAMPLE_INSTANCE, startStack } from '../support/gateway.js';
import { findProgram } from '../support/missing-programs.js';
import { type Nginx, startPrefixingNginx } from '../support/nginx.js';
import { freePort } from '../support/redis-server.js';

const chromiumPath = findProgram('chromium');
const nginxPath = findProgram('nginx');

describe.skipIf(chromiumPath === undefined || nginxPath === undefined).each([
  ['without PUBLIC_URL', () => ({})],
  ['with PUBLIC_URL', (publicUrl: string) => ({ PUBLIC_URL: publicUrl })],
])('below /bot/ of nginx, which takes that away, %s,', (_, variablesOf) => {
  let stack: Awaited<ReturnType<typeof startStack>>;
  let nginx: Nginx;
  let browser: Browser;
  /** Where callers find the gateway. */
  let root: string;
  beforeAll(async () => {
    const port = await freePort();
    root = `http://127.0.0.1:${port}/bot`;
    stack = await startStack({ AUTH_MODE: 'none', TRUST_PROXY: 'loopback', ...variablesOf(root) });
    nginx = await startPrefixingNginx(nginxPath!, '/bot/', stack.gateway.url, port);
    browser = await launchChromium(chromiumPath!);
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await nginx.stop();
    await stack.close();
  });

  /** Opens a page, and collects the errors in its console and the requests for other addresses than those below `base`. */
  async function open(url: string, base = root) {
    const page = await browser.newPage({ locale: 'en', viewport: { width: 1280, height: 1700 } });
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => {
      const isBelow = request.url().startsWith(`${base}/`) || request.url().startsWith('data:');
      if (!isBelow) complaints.push(`request for ${request.url()}`);
    });
    await page.goto(url);
    return { page, complaints };
  }

  /** Reads the instance by Swagger UI. Resolves with the address that it called, and the status. */
  async function execute({ page }: Awaited<ReturnType<typeof open>>) {
    const operation = page.locator('#operations-instances-getInstance');
    await operation.locator('.opblock-summary-control').click();
    await operation.locator('.execute').click();
    const answer = operation.locator('.live-responses-table .response');
    await answer.waitFor();
    return {
      url: await operation.locator('.request-url pre').innerText(),
      status: await answer.locator('.response-col_status').innerText(),
    };
  }

  it('the root leads to the documentation, which calls the gateway', async () => {
    const opened = await open(`${root}/`);
    expect(opened.page.url()).toBe(`${root}/docs`);
    const { url, status } = await execute(opened);
    expect(status).toContain('200');
    expect(url).toBe(`${root}/instances/${SAMPLE_ID}`);
    expect(opened.complaints).toStrictEqual([]);

    const link = opened.page.locator('a[href$="problems/instance-not-found"]').first();
    const [popup] = await Promise.all([opened.page.waitForEvent('popup'), link.click()]);
    await popup.waitForURL(`${root}/problems/instance-not-found`);
    await opened.page.context().close();
  }, 60_000);

  it('the documentation opened at the address of the gateway itself calls that address', async () => {
    const { url } = stack.gateway;
    const opened = await open(`${url}/docs`, url);
    expect(await execute(opened)).toStrictEqual({
      url: `${url}/instances/${SAMPLE_ID}`,
      status: expect.stringContaining('200'),
    });
    expect(opened.complaints).toStrictEqual([]);
    await opened.page.context().close();
  }, 60_000);

  it('the pages of the error codes lead to one another, in every language, and to the documentation', async () => {
    const { page, complaints } = await open(`${root}/problems`);
    const click = async (name: string, path: string): Promise<void> => {
      await page.getByRole('link', { name, exact: true }).click();
      await page.waitForURL(`${root}${path}`);
    };
    await click('overloaded', '/problems/overloaded');
    await click('繁體中文', '/problems/overloaded?lang=zh-Hant');
    await click('全部錯誤碼', '/problems?lang=zh-Hant');
    await click('English', '/problems?lang=en');
    await click('API documentation', '/docs');
    expect(complaints).toStrictEqual([]);
    await page.context().close();
  }, 60_000);

  it('the typed client reads an instance and the whole list', async () => {
    const client = createGatewayClient({ baseUrl: `${root}/` });
    expect(await client.getInstance(SAMPLE_ID)).toStrictEqual(SAMPLE_INSTANCE);
    const ids: string[] = [];
    for await (const { instanceId } of client.iterateInstances({ pageSize: 1 })) ids.push(instanceId);
    expect(ids).toContain(SAMPLE_ID);
    expect(ids.length).toBeGreaterThan(2);
    await expect(client.getInstance('missing')).rejects.toMatchObject({ code: 'instance-not-found' });
  });
});
