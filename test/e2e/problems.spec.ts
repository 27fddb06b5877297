import { PROBLEM_CODES, type ProblemCode, PROBLEMS, TEXTS } from '@app/problem-details';
import { describe, expect, it } from 'vitest';

import { SAMPLE_ID, useStack } from '../support/gateway.js';
import { sendRaw } from '../support/raw-http.js';

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

describe('the documentation of the error codes', () => {
  const stack = useStack();

  const get = (path: string, headers: Record<string, string> = {}) =>
    stack.gateway.http.get(path).set(headers);

  it.each(PROBLEM_CODES)('describes %s as JSON', async (code) => {
    const { body, headers } = await get(`/problems/${code}`).expect(200);
    expect(headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'content-language': 'en',
      vary: 'Accept-Language, Accept',
    });
    expect(body).toStrictEqual({ type: `/problems/${code}`, code, ...PROBLEMS[code] });
  });

  it.each(PROBLEM_CODES)('describes %s as an HTML page for a browser', async (code) => {
    const { text, headers } = await get(`/problems/${code}`, { accept: BROWSER }).expect(200);
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'content-language': 'en',
      vary: 'Accept-Language, Accept',
    });
    expect(text).toContain(`<code>${code}</code>`);
    expect(text).toContain(TEXTS.en.retry[PROBLEMS[code].retry]);
  });

  it('lists every code as JSON and as HTML', async () => {
    const json = await get('/problems').expect(200);
    expect((json.body as { code: string }[]).map(({ code }) => code)).toStrictEqual(PROBLEM_CODES);
    const { text } = await get('/problems', { accept: BROWSER }).expect(200);
    for (const code of PROBLEM_CODES) expect(text).toContain(`href="problems/${code}"`);
  });

  it.each([
    ['zh-CN,zh;q=0.9', 'zh-Hans', '实例不存在'],
    ['zh-HK', 'zh-Hant', '實例不存在'],
  ])('speaks the language of a caller that sends Accept-Language: %s', async (header, language, title) => {
    const path = '/problems/instance-not-found';
    const json = await get(path, { 'accept-language': header }).expect(200);
    expect(json.headers['content-language']).toBe(language);
    expect(json.body).toMatchObject({ code: 'instance-not-found', title });

    const page = await get(path, { 'accept-language': header, accept: BROWSER }).expect(200);
    expect(page.headers['content-language']).toBe(language);
    expect(page.text).toContain(`<html lang="${language}">`);
    expect(page.text).toContain(`<h1>${title}</h1>`);
  });

  it('takes the language from ?lang= before the header, and its links keep it', async () => {
    const headers = { accept: BROWSER, 'accept-language': 'zh-CN' };
    const list = await get('/problems?lang=zh-Hant', headers).expect(200);
    expect(list.headers['content-language']).toBe('zh-Hant');
    expect(list.text).toContain('href="problems/forbidden?lang=zh-Hant"');
    const { text } = await get('/problems/forbidden?lang=zh-Hant', headers).expect(200);
    expect(text).toContain('href="../problems?lang=zh-Hant"');
    expect(text).toContain(TEXTS['zh-Hant'].problems.forbidden.title);
  });

  it.each([
    ['/problems/unknown', 'application/json', 404],
    ['/problems/unknown', 'image/png', 406],
    ['/problems', 'image/png', 406],
  ])('takes the language from ?lang= for the errors of %s too (%s)', async (path, accept, status) => {
    const { headers, body } = await get(`${path}?lang=zh-Hant`, { accept }).expect(status);
    expect(headers['content-language']).toBe('zh-Hant');
    expect(Object.values(TEXTS['zh-Hant'].problems).map(({ title }) => title)).toContain(
      (body as { title: string }).title,
    );
  });

  it.each(['lang=fr', 'lang=', 'lang=en&lang=zh-Hant', 'lang[]=en'])('ignores ?%s', async (query) => {
    const { headers } = await get(`/problems?${query}`, { 'accept-language': 'zh-TW' }).expect(200);
    expect(headers['content-language']).toBe('zh-Hant');
  });

  it('answers an unknown code 404: as a page for a browser, which does not repeat the code, else as a problem', async () => {
    const page = await get('/problems/unknown', { accept: BROWSER, 'accept-language': 'zh-TW' }).expect(404);
    expect(page.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'content-language': 'zh-Hant',
      'cache-control': 'no-store',
    });
    expect(page.text).toContain('<h1>沒有這個錯誤碼。</h1>');
    expect(page.text).not.toContain('unknown');

    const { body, headers } = await get('/problems/unknown').expect(404);
    expect(headers['vary']).toBe('Accept-Language, Accept');
    expect(body).toMatchObject({ code: 'route-not-found', detail: 'There is no such error code.' });
  });

  it('answers 406 to a client that accepts neither JSON nor HTML', async () => {
    await stack.gateway.http.get('/problems').set('accept', 'image/png').expect(406);
    await stack.gateway.http.get('/problems/upstream-error').set('accept', 'image/png').expect(406);
  });
});

describe('errors in the language of the caller', () => {
  const stack = useStack();
  const chinese = { 'accept-language': 'zh-TW,zh;q=0.9,en;q=0.8' };

  it.each([
    ['/nope', 404, 'route-not-found', '閘道在此路徑下不提供任何內容。'],
    ['/instances/not..valid', 400, 'invalid-request', '實例 ID 必須由 1 到 64 個字元組成'],
    ['/instances?page=0&nope=1', 400, 'invalid-request', '之間的整數。nope 不是此路徑支援的參數。'],
    ['/%zz', 400, 'invalid-request', 'URL 的路徑無效，請檢查百分號編碼。'],
  ])('%s is answered in Traditional Chinese', async (path, status, code, detail) => {
    const response = await fetch(`${stack.gateway.url}${path}`, { headers: chinese });
    expect(response.status).toBe(status);
    expect(response.headers.get('content-language')).toBe('zh-Hant');
    expect(response.headers.get('vary')).toBe('Accept-Language');
    expect(await response.json()).toMatchObject({
      code,
      type: `/problems/${code}`,
      title: TEXTS['zh-Hant'].problems[code as ProblemCode].title,
      detail: expect.stringContaining(detail),
    });
  });

  it('CONNECT and an unknown expectation are answered in Chinese, too', async () => {
    const host = 'Host: gateway.example.com\r\nAccept-Language: zh-CN\r\n';
    for (const [request, detail] of [
      [`CONNECT example.com:443 HTTP/1.1\r\n${host}\r\n`, '网关不是代理服务器'],
      [`GET / HTTP/1.1\r\n${host}Expect: tea\r\n\r\n`, '请求头 Expect 只支持 100-continue。'],
    ] as const) {
      const answer = await sendRaw(stack.gateway.url, request);
      expect(answer).toContain('content-language: zh-Hans');
      expect(answer).toContain('vary: Accept-Language');
      expect(answer).toContain(detail);
    }
  });

  it('bytes that are not HTTP are answered in English', async () => {
    const answer = await sendRaw(stack.gateway.url, 'nonsense\r\n\r\n');
    expect(answer).toContain('content-language: en');
    expect(answer).toContain('This is not a valid HTTP/1.1 request.');
  });

  it('an instance does not depend on the language', async () => {
    const { headers } = await stack.gateway.http.get(`/instances/${SAMPLE_ID}`).set(chinese).expect(200);
    expect(headers).not.toHaveProperty('content-language');
    expect(headers['vary'] ?? '').not.toContain('Accept-Language');
  });
});
