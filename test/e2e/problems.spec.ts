import { PROBLEM_CODES, PROBLEMS } from '@app/problem-details';
import { describe, expect, it } from 'vitest';

import { useStack } from '../support/gateway.js';

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

describe('the documentation of the error codes', () => {
  const stack = useStack();

  it.each(PROBLEM_CODES)('describes %s as JSON', async (code) => {
    const { body, headers } = await stack.gateway.http.get(`/problems/${code}`).expect(200);
    expect(headers['content-type']).toBe('application/json; charset=utf-8');
    expect(headers['vary']).toBe('Accept');
    expect(body).toStrictEqual({ type: `/problems/${code}`, code, ...PROBLEMS[code] });
  });

  it.each(PROBLEM_CODES)('describes %s as an HTML page for a browser', async (code) => {
    const { text, headers } = await stack.gateway.http
      .get(`/problems/${code}`)
      .set('accept', BROWSER)
      .expect(200);
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(headers['vary']).toBe('Accept');
    expect(text).toContain(`<code>${code}</code>`);
  });

  it('lists every code as JSON and as HTML', async () => {
    const json = await stack.gateway.http.get('/problems').expect(200);
    expect((json.body as { code: string }[]).map(({ code }) => code)).toStrictEqual(PROBLEM_CODES);
    const { text } = await stack.gateway.http.get('/problems').set('accept', BROWSER).expect(200);
    for (const code of PROBLEM_CODES) expect(text).toContain(`href="/problems/${code}"`);
  });

  it('answers 406 to a client that accepts neither JSON nor HTML', async () => {
    await stack.gateway.http.get('/problems').set('accept', 'image/png').expect(406);
    await stack.gateway.http.get('/problems/upstream-error').set('accept', 'image/png').expect(406);
  });
});
