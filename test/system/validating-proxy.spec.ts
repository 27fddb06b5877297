import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { request } from 'undici';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';

import { findInstalled } from '../support/missing-programs.js';
import { startProgram } from '../support/programs.js';
import { startProvokedStack } from '../support/provoked-answers.js';
import { freePort } from '../support/redis-server.js';

const DOCUMENT = readFileSync(new URL('../../openapi.json', import.meta.url), 'utf8');
const tools = findInstalled('test/openapi-tools');

/**
 * Prism 5 passes on no HEAD request: it reads a JSON body, which the answer does not have, and fails.
 * documented-answers.spec.ts checks those answers.
 */
describe.skipIf(tools === undefined)('Prism as a validating proxy', () => {
  const folder = mkdtempSync(join(tmpdir(), 'prism-'));
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  async function startPrism(document: string, upstream: string): Promise<string> {
    const port = await freePort();
    const path = join(folder, `${port}.json`);
    writeFileSync(path, document);
    const prism = join(tools!, 'node_modules/@stoplight/prism-cli/dist/index.js');
    const program = startProgram([prism, 'proxy', path, upstream, '--errors', '--port', String(port)], {});
    onTestFinished(() => program.kill());
    await program.says(/Prism is listening/);
    return `http://127.0.0.1:${port}`;
  }

  /** The statuses of all answers, and what does not match the document, in the request or in the answer. */
  async function askEverything(document: string) {
    const stack = await startProvokedStack();
    onTestFinished(() => stack.close());
    const prism = await startPrism(document, stack.gateway.url);
    const statuses = new Set<string>();
    const violations: string[] = [];
    for await (const { documentedPath, path, headers = {}, isDirect } of stack.requests()) {
      if (isDirect) continue;
      const { statusCode, body } = await request(`${prism}${path}`, { headers: { ...headers } });
      const text = await body.text();
      if (text.includes('https://stoplight.io/prism/errors')) violations.push(`${path} ${text}`);
      statuses.add(`${documentedPath} ${statusCode}`);
    }
    return { statuses: [...statuses].sort(), violations };
  }

  const reads = ['200', '304', '401', '403', '406', '429', '502', '503', '504'];
  const STATUSES = Object.entries({
    '/instances': reads,
    '/instances/{id}': [...reads, '404'],
    '/problems': ['200', '406', '429'],
    '/problems/{code}': ['200', '404', '406', '429'],
    '/health/live': ['200'],
    '/health/ready': ['200'],
  }).flatMap(([path, statuses]) => statuses.map((status) => `${path} ${status}`));

  it('finds no violation of openapi.json in the answers of every status that the emulator can provoke', async () => {
    const { statuses, violations } = await askEverything(DOCUMENT);
    expect(violations).toStrictEqual([]);
    expect(statuses).toStrictEqual(STATUSES.sort());
  }, 60_000);

  it('finds what a wrong document says wrongly about bodies and headers', async () => {
    const wrong = JSON.parse(DOCUMENT) as Document;
    const { schemas, headers } = wrong.components;
    schemas['Instance']!.properties['creatorId']!.type = 'integer';
    schemas['ProblemType']!.required.push('severity');
    headers['Age']!.schema.maximum = -1;
    headers['Link']!.required = true;
    wrong.paths['/instances/{id}']!.get.responses['200']!.headers['Link'] = {
      $ref: '#/components/headers/Link',
    };
    const { violations } = await askEverything(JSON.stringify(wrong));
    for (const found of [
      'property creatorId must be integer',
      "must have required property 'severity'",
      'header parameter age must be <= -1',
      "header must have required property 'link'",
    ])
      expect(violations.join('\n')).toContain(found);
  }, 60_000);
});

interface Document {
  components: {
    schemas: Record<string, { properties: Record<string, { type: unknown }>; required: string[] }>;
    headers: Record<string, { schema: { maximum?: number }; required?: boolean }>;
  };
  paths: Record<string, { get: { responses: Record<string, { headers: Record<string, object> }> } }>;
}
