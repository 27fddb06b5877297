import { readFileSync } from 'node:fs';

import { systemClock } from '@app/resilience';
import { type Dispatcher, request } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';

import { createGateway } from '../../apps/gateway/src/create-gateway.js';
import { createLogger } from '../../apps/gateway/src/observability/logger.js';
import { parseSettings } from '../../apps/gateway/src/settings/parse-settings.js';
import { FILES, KEY_VARIABLES } from '../support/gateway.js';
import { type ProvokingRequest, startProvokedStack } from '../support/provoked-answers.js';

interface Response {
  readonly headers: Record<string, object>;
  readonly content?: Record<string, unknown>;
}
const document = JSON.parse(readFileSync(new URL('../../openapi.json', import.meta.url), 'utf8')) as {
  paths: Record<string, Record<'get' | 'head', { responses: Record<string, Response> }>>;
  components: { headers: Record<string, { required?: boolean }> };
};

/** The headers that the document leaves out: those of every answer of the server, which no caller has to read. */
const UNDOCUMENTED = new Set([
  // Of HTTP itself. OpenAPI documents the media type as the content.
  ...['content-type', 'content-length', 'transfer-encoding', 'connection', 'keep-alive', 'date'],
  // For browsers only.
  ...['content-security-policy', 'cross-origin-opener-policy', 'cross-origin-resource-policy'],
  ...['origin-agent-cluster', 'referrer-policy', 'x-content-type-options', 'x-frame-options'],
  ...['access-control-allow-origin', 'access-control-expose-headers'],
]);

/** What a defect or an overload of the gateway would cause on routes that read nothing. */
const NOT_PROVOKED = [
  ...['/problems', '/problems/{code}'].flatMap((path) => [`${path} 500`, `${path} 503`]),
  ...['/health/live 500', '/health/ready 500'],
];

describe.each(['GET', 'HEAD'] as const)('the documented answers to %s', (method) => {
  const seen = new Map<string, Set<string>>();
  const faults: string[] = [];

  async function ask(base: string, { documentedPath, path, headers = {}, method: other }: ProvokingRequest) {
    const answer = await request(`${base}${path}`, { method: other ?? method, headers: { ...headers } });
    await answer.body.dump();
    check(documentedPath, answer, other === undefined ? method : 'GET');
  }

  function check(path: string, { statusCode, headers }: Dispatcher.ResponseData, of: 'GET' | 'HEAD'): void {
    const operation = document.paths[path]?.[of === 'GET' ? 'get' : 'head'];
    const name = `${path} ${statusCode}`;
    const response = operation?.responses[statusCode];
    if (!response) {
      faults.push(`${name} is not documented`);
      return;
    }
    const documented = Object.keys(response.headers);
    const came = new Set(Object.keys(headers).filter((header) => !UNDOCUMENTED.has(header)));
    for (const header of documented) {
      if (came.delete(header.toLowerCase())) seen.set(name, (seen.get(name) ?? new Set()).add(header));
      else if (document.components.headers[header]?.required) faults.push(`${name} has no ${header}`);
    }
    faults.push(...[...came].map((header) => `${name} has ${header}, which is not documented`));
    const mediaType = String(headers['content-type']).split(';')[0] ?? '';
    if (of === 'GET' && statusCode !== 304 && !(mediaType in (response.content ?? {})))
      faults.push(`${name} has the media type ${mediaType}, which is not documented`);
  }

  it('have exactly the headers that the gateway sends', async () => {
    const stack = await startProvokedStack();
    onTestFinished(() => stack.close());
    for await (const each of stack.requests()) await ask(stack.gateway.url, each);

    const variables = { PORT: '0', METRICS_PORT: '0', CORS_ORIGINS: 'https://page.example.com' };
    const { client, ...rest } = parseSettings({ ...KEY_VARIABLES, ...variables });
    // The check of the settings rejects this endpoint, so the test sets it after the check.
    const broken = { ...rest, client: { ...client, endpoint: 'not a\nhost' } };
    const logger = createLogger('silent');
    const app = await createGateway({ settings: broken, logger, clock: systemClock, files: FILES });
    onTestFinished(() => app.close());
    await app.listen(0, '127.0.0.1');
    await ask(await app.getUrl(), { documentedPath: '/health/ready', path: '/health/ready' });
    await ask(await app.getUrl(), { documentedPath: '/instances', path: '/instances' });
    await ask(await app.getUrl(), { documentedPath: '/instances/{id}', path: '/instances/a' });

    expect(faults).toStrictEqual([]);
    const missing: string[] = [];
    for (const [path, operations] of Object.entries(document.paths)) {
      for (const [status, { headers }] of Object.entries(
        operations[method === 'GET' ? 'get' : 'head'].responses,
      )) {
        const name = `${path} ${status}`;
        if (!seen.has(name)) missing.push(name);
        else
          missing.push(
            ...Object.keys(headers)
              .filter((header) => !seen.get(name)?.has(header))
              .map((header) => `${name} ${header}`),
          );
      }
    }
    expect(missing).toStrictEqual(NOT_PROVOKED);
  }, 60_000);
});
