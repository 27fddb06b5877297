import { readFileSync } from 'node:fs';

import { PROBLEM_CODES, PROBLEMS } from '@app/problem-details';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import { SAMPLE_ID, startStack, useStack } from './support/gateway.js';
import { findProgram } from './support/missing-programs.js';

const COMMITTED = readFileSync(new URL('../openapi.json', import.meta.url), 'utf8');

interface Operation {
  operationId: string;
  summary?: string;
  responses: Record<
    string,
    { content: Record<string, { examples?: Record<string, { value: { code: string; status: number } }> }> }
  >;
}
const document = JSON.parse(COMMITTED) as {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: {
    schemas: Record<string, { properties?: Record<string, { description?: string; example?: unknown }> }>;
  };
};

describe('the OpenAPI document', () => {
  const stack = useStack();

  it('is served byte for byte as it is committed', async () => {
    const { text, headers } = await stack.gateway.http.get('/openapi.json').expect(200);
    expect(headers['content-type']).toBe('application/json; charset=utf-8');
    expect(text).toBe(COMMITTED);
  });

  it('is served as YAML with the same content', async () => {
    const response = await fetch(`${stack.gateway.url}/openapi.yaml`);
    expect(response.headers.get('content-type')).toBe('application/yaml; charset=utf-8');
    expect(parse(await response.text())).toStrictEqual(JSON.parse(COMMITTED));
  });

  it('is OpenAPI 3.1 with stable operation ids', () => {
    expect(document.openapi).toBe('3.1.0');
    const operations = Object.entries(document.paths).map(([path, { get }]) => [path, get?.operationId]);
    expect(Object.fromEntries(operations)).toStrictEqual({
      '/instances/{id}': 'getInstance',
      '/problems': 'getProblems',
      '/problems/{code}': 'getProblem',
      '/health/live': 'getLiveness',
      '/health/ready': 'getReadiness',
    });
  });

  it('has a description and an example for every field', () => {
    for (const { properties } of Object.values(document.components.schemas)) {
      for (const [name, property] of Object.entries(properties ?? {})) {
        if ('allOf' in property) continue;
        expect(property, name).toMatchObject({ description: expect.any(String), example: expect.anything() });
      }
    }
  });

  it.each(PROBLEM_CODES)('has an example of %s under its status', (code) => {
    const response = document.paths['/instances/{id}']?.['get']?.responses[PROBLEMS[code].status];
    expect(response?.content['application/problem+json']?.examples?.[code]?.value).toMatchObject({
      code,
      status: PROBLEMS[code].status,
    });
  });

  it("describes the answer that the vendor's sample becomes", async () => {
    const { body } = await stack.gateway.http.get(`/instances/${SAMPLE_ID}`);
    const { properties = {} } = document.components.schemas['Instance']!;
    const examples = Object.entries(properties).map(([name, { example }]) => [name, example]);
    expect(body).toStrictEqual(Object.fromEntries(examples));
  });
});

const chromiumPath = findProgram('chromium');

describe.skipIf(chromiumPath === undefined)('the documentation page in Chromium', () => {
  let stack: Awaited<ReturnType<typeof startStack>>;
  let browser: Browser;
  beforeAll(async () => {
    stack = await startStack();
    browser = await chromium.launch({
      executablePath: chromiumPath!,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-background-networking',
        '--disable-component-update',
      ],
    });
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await stack.close();
  });

  it('shows the API, calls it and shows the answer, and breaks no rule of the Content-Security-Policy', async () => {
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));

    await page.goto(`${stack.gateway.url}/`);
    expect(page.url()).toBe(`${stack.gateway.url}/docs`);
    await page.locator('#operations-instances-getInstance .opblock-summary-control').click();
    await page.locator('#operations-instances-getInstance .execute').click();
    const answer = page.locator('#operations-instances-getInstance .live-responses-table .response');
    await answer.waitFor();
    expect(await answer.locator('.response-col_status').innerText()).toContain('200');
    expect(await answer.innerText()).toContain('第一個實例');
    expect(complaints).toStrictEqual([]);
  }, 60_000);

  it('shows the page of an error code with its style', async () => {
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    await page.goto(`${stack.gateway.url}/problems/upstream-error`);
    expect(await page.locator('h1').innerText()).toBe(PROBLEMS['upstream-error'].title);
    expect(await page.evaluate("getComputedStyle(document.querySelector('dt')).fontWeight")).toBe('600');
    expect(complaints).toStrictEqual([]);
  }, 60_000);
});
