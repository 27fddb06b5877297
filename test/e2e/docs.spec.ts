import { readFileSync } from 'node:fs';

import { PROBLEM_CODES, PROBLEMS } from '@app/problem-details';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import { SAMPLE_ID, useStack } from '../support/gateway.js';

const COMMITTED = readFileSync(new URL('../../openapi.json', import.meta.url), 'utf8');

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
    schemas: Record<
      string,
      { properties?: Record<string, { description?: string; example?: unknown; items?: object }> }
    >;
  };
};

describe('the OpenAPI document', () => {
  const stack = useStack();

  it('is served byte for byte as the committed openapi.json', async () => {
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
      '/instances': 'listInstances',
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
        // The schema that it refers to has the examples.
        if ('allOf' in property || '$ref' in (property.items ?? {})) continue;
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

  it("has the gateway's answer for the vendor's sample instance as its example", async () => {
    const { body } = await stack.gateway.http.get(`/instances/${SAMPLE_ID}`);
    const { properties = {} } = document.components.schemas['Instance']!;
    const examples = Object.entries(properties).map(([name, { example }]) => [name, example]);
    expect(body).toStrictEqual(Object.fromEntries(examples));
  });
});
