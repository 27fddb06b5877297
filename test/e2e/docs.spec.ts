import { readFileSync } from 'node:fs';

import { PROBLEM_CODES, PROBLEMS } from '@app/problem-details';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import { KeyFile } from '../support/api-keys.js';
import { SAMPLE_ID, useStack } from '../support/gateway.js';

const COMMITTED = readFileSync(new URL('../../openapi.json', import.meta.url), 'utf8');

interface Operation {
  operationId: string;
  summary?: string;
  security?: Record<string, string[]>[];
  responses: Record<
    string,
    { content: Record<string, { examples?: Record<string, { value: { code: string; status: number } }> }> }
  >;
}
interface Document {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: {
    securitySchemes?: Record<string, object>;
    schemas: Record<
      string,
      { properties?: Record<string, { description?: string; example?: unknown; items?: object }> }
    >;
  };
}
const document = JSON.parse(COMMITTED) as Document;

describe('the OpenAPI document', () => {
  const stack = useStack();

  it('is served as YAML with the same content', async () => {
    const { body, headers } = await stack.gateway.http.get('/openapi.json').expect(200);
    expect(headers['content-type']).toBe('application/json; charset=utf-8');
    const response = await fetch(`${stack.gateway.url}/openapi.yaml`);
    expect(response.headers.get('content-type')).toBe('application/yaml; charset=utf-8');
    expect(parse(await response.text())).toStrictEqual(body);
  });

  it('has every kind of credential where it is committed', () => {
    expect(Object.keys(document.components.securitySchemes ?? {})).toStrictEqual(['apiKey', 'accessToken']);
    for (const path of ['/instances', '/instances/{id}'])
      expect(document.paths[path]?.['get']?.security).toStrictEqual([
        { apiKey: [] },
        { accessToken: [] },
        {},
      ]);
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

describe.each([
  ['none', {}, []],
  ['api-key', {}, ['apiKey']],
  ['jwt', {}, ['accessToken']],
  ['api-key,jwt', { PUBLIC_URL: 'https://api.example.com/bot' }, ['apiKey', 'accessToken']],
])('the OpenAPI document with AUTH_MODE=%s', (mode, variables, schemes) => {
  const file = new KeyFile();
  file.write();
  const stack = useStack({
    AUTH_MODE: mode,
    AUTH_API_KEYS_FILE: file.path,
    AUTH_JWT_ISSUER: 'https://issuer.example.com',
    AUTH_JWT_AUDIENCE: 'outboundbot',
    // The gateway asks for its keys at once, and is refused.
    AUTH_JWT_JWKS_URL: 'http://127.0.0.1:1/jwks',
    ...variables,
  });
  afterAll(() => {
    file.delete();
  });
  const served = async (): Promise<Document> =>
    (await stack.gateway.http.get('/openapi.json').expect(200)).body as Document;

  it('has the kinds of credential that the gateway accepts, and demands one of them', async () => {
    const { components, paths } = await served();
    expect(Object.keys(components.securitySchemes ?? {})).toStrictEqual(schemes);
    for (const path of ['/instances', '/instances/{id}'])
      expect(paths[path]?.['get']?.security).toStrictEqual(schemes.map((name) => ({ [name]: [] })));
    for (const path of ['/problems', '/problems/{code}', '/health/live', '/health/ready'])
      expect(paths[path]?.['get']?.security).toStrictEqual([]);
  });

  it('is the committed openapi.json in everything else, white space included', async () => {
    const { text } = await stack.gateway.http.get('/openapi.json');
    expect(text).toBe(`${JSON.stringify(JSON.parse(text), null, 2)}\n`);
    const withoutChoices = (json: string): string =>
      JSON.stringify(JSON.parse(json), (name, value: unknown) =>
        ['servers', 'security', 'securitySchemes'].includes(name) ? undefined : value,
      );
    expect(withoutChoices(text)).toBe(withoutChoices(COMMITTED));
  });
});
