import { describe, expect, it } from 'vitest';

import { UNCACHED, useStack } from '../support/gateway.js';

/**
 * Each upstream error: its status and code, the problem that it is mapped to, and how many of three allowed calls are
 * made.
 */
const TABLE: readonly (readonly [status: number, code: string, problem: string, calls: number])[] = [
  [500, 'InternalError', 'upstream-error', 3],
  [503, 'ServiceUnavailable', 'upstream-unavailable', 3],
  [400, 'Throttling', 'upstream-throttled', 3],
  [400, 'Throttling.User', 'upstream-throttled', 3],
  [400, 'Throttling.Api', 'upstream-throttled', 3],
  [400, 'FlowControl.User', 'upstream-throttled', 3],
  [403, 'FlowControl', 'upstream-throttled', 3],
  [429, 'QpsLimitExceeded', 'upstream-throttled', 3],
  [503, 'Account.FlowControl', 'upstream-throttled', 3],
  [500, 'SystemBusy', 'upstream-unavailable', 3],
  [503, 'SystemBusy', 'upstream-unavailable', 3],
  [400, 'SignatureNonceUsed', 'upstream-refused', 2],
  [400, 'InvalidTimeStamp.Expired', 'upstream-refused', 1],
  [400, 'InvalidTimeStamp.Format', 'upstream-refused', 1],
  [400, 'InvalidAccessKeyId.Inactive', 'upstream-refused', 1],
  [404, 'InvalidAccessKeyId.Inactive', 'upstream-refused', 1],
  [404, 'InvalidAccessKeyId.NotFound', 'upstream-refused', 1],
  [400, 'SignatureDoesNotMatch', 'upstream-refused', 1],
  [403, 'SignatureDoesNotMatch', 'upstream-refused', 1],
  [400, 'IncompleteSignature', 'upstream-refused', 1],
  [400, 'InvalidSecurityToken.Expired', 'upstream-refused', 2],
  [403, 'InvalidSecurityToken.MismatchWithAccessKey', 'upstream-refused', 2],
  [403, 'Forbidden', 'upstream-refused', 1],
  [403, 'Forbidden.RAM', 'upstream-refused', 1],
  [403, 'Forbidden.RiskControl', 'upstream-refused', 1],
  [403, 'NoPermission', 'upstream-refused', 1],
  [404, 'InvalidApi.NotFound', 'upstream-refused', 1],
  [404, 'InvalidProduct.NotFound', 'upstream-refused', 1],
  [400, 'MissingParameter', 'upstream-refused', 1],
  [400, 'MissingInstanceId', 'upstream-refused', 1],
  [400, 'InvalidParameter', 'upstream-refused', 1],
  [400, 'InvalidParameter.InstanceId', 'upstream-refused', 1],
  [400, 'UnsupportedOperation', 'upstream-refused', 1],
  [400, 'NoSuchVersion', 'upstream-refused', 1],
  [404, 'NotExist.Instance', 'instance-not-found', 1],
  [404, 'NotExists.InstanceId', 'instance-not-found', 1],
  // The code decides, whatever the status.
  [500, 'NotExist.Instance', 'instance-not-found', 1],
  [500, 'Throttling.User', 'upstream-throttled', 3],
  [500, 'InvalidAccessKeyId.NotFound', 'upstream-refused', 1],
  // The status decides for undocumented codes. A 404 alone does not prove that the instance is missing.
  [404, 'SomethingNew', 'upstream-refused', 1],
  [400, 'SomethingNew', 'upstream-refused', 1],
  [429, 'SomethingNew', 'upstream-throttled', 3],
  [500, 'SomethingNew', 'upstream-error', 3],
  [502, 'SomethingNew', 'upstream-error', 3],
  [503, 'SomethingNew', 'upstream-unavailable', 3],
];

const STATUS_OF: Readonly<Record<string, number>> = {
  'instance-not-found': 404,
  'upstream-error': 502,
  'upstream-refused': 502,
  'upstream-throttled': 503,
  'upstream-unavailable': 503,
};

describe('GET /instances/:id when the upstream answers with an error', () => {
  const stack = useStack(UNCACHED);

  describe.each([
    ['with an error status', { inBand: false }],
    ['inside a 200 response', { inBand: true }],
    ['in XML', { format: 'xml' }],
    ['in XML declared as JSON', { format: 'xml', contentType: 'application/json' }],
    ['in JSON declared as HTML', { contentType: 'text/html' }],
  ] as const)('%s', (_, form) => {
    it.each(TABLE)('maps %i %s to %s after %i call(s)', async (status, code, problem, calls) => {
      stack.emulator.faults.add({ kind: 'error', status, code, message: 'canary', ...form });
      const response = await stack.gateway.http.get('/instances/a');
      const [{ requestId } = { requestId: '' }] = stack.emulator.calls.list().slice(-1);
      expect(response.status).toBe(STATUS_OF[problem]);
      expect(response.headers['content-type']).toBe('application/problem+json');
      expect(response.body).toStrictEqual({
        type: `/problems/${problem}`,
        title: expect.any(String),
        status: STATUS_OF[problem],
        detail: expect.any(String),
        instance: '/instances/a',
        code: problem,
        requestId: response.headers['x-request-id'],
        upstream: { code, requestId, attempts: calls },
      });
      expect(response.text).not.toContain('canary');
      expect(stack.emulator.calls.count('a')).toBe(calls);
    });
  });

  it.each(['InternalError', 'ServiceUnavailable', 'Throttling.User'])(
    'answers 200 after exactly three calls when %s is returned twice',
    async (code) => {
      stack.emulator.faults.add({ kind: 'error', code, times: 2 });
      await stack.gateway.http.get('/instances/90515b5-6115-4ccf-83e2-52d5bfaf2ddf').expect(200);
      expect(stack.emulator.calls.count()).toBe(3);
    },
  );

  it.each(['SignatureNonceUsed', 'InvalidSecurityToken.Expired'])(
    'answers 200 after exactly two calls when %s is returned once',
    async (code) => {
      stack.emulator.faults.add({ kind: 'error', code, times: 1 });
      await stack.gateway.http.get('/instances/90515b5-6115-4ccf-83e2-52d5bfaf2ddf').expect(200);
      expect(stack.emulator.calls.count()).toBe(2);
    },
  );

  it('signs every attempt with a new nonce', async () => {
    stack.emulator.faults.add({ kind: 'error', code: 'InternalError', times: 2 });
    await stack.gateway.http.get('/instances/90515b5-6115-4ccf-83e2-52d5bfaf2ddf').expect(200);
    const nonces = stack.emulator.calls.list().map(({ nonce }) => nonce);
    expect(new Set(nonces).size).toBe(3);
  });

  it('answers 503 with the Retry-After of a throttling upstream, and does not retry before', async () => {
    stack.emulator.faults.add({ kind: 'error', code: 'Throttling.User', retryAfter: '30000' });
    const { status, headers } = await stack.gateway.http.get('/instances/a');
    expect(status).toBe(503);
    expect(headers['retry-after']).toBe('30');
    expect(stack.emulator.calls.count()).toBe(1);
  });

  it.each([
    ['seconds', '20'],
    ['a date', () => new Date(Date.now() + 20_000).toUTCString()],
  ])('answers 503 with the Retry-After that the upstream sent as a header in %s', async (_, retryAfter) => {
    const value = typeof retryAfter === 'string' ? retryAfter : retryAfter();
    stack.emulator.faults.add({ kind: 'body', status: 429, headers: { 'retry-after': value } });
    const { body, headers } = await stack.gateway.http.get('/instances/a');
    expect(body).toMatchObject({ code: 'upstream-throttled', upstream: { attempts: 1 } });
    expect(headers['retry-after']).toMatch(/^(19|20|21)$/);
  });

  it('maps any error with x-acs-retry-after to 503 upstream-throttled', async () => {
    stack.emulator.faults.add({ kind: 'error', code: 'InternalError', retryAfter: '7000' });
    const { body, headers } = await stack.gateway.http.get('/instances/a');
    expect(body).toMatchObject({
      status: 503,
      code: 'upstream-throttled',
      upstream: { code: 'InternalError' },
    });
    expect(headers['retry-after']).toBe('7');
  });

  it('waits a short x-acs-retry-after and retries within the deadline', async () => {
    stack.emulator.faults.add({ kind: 'error', code: 'Throttling', retryAfter: '40', times: 2 });
    await stack.gateway.http.get('/instances/90515b5-6115-4ccf-83e2-52d5bfaf2ddf').expect(200);
    const [first, second, third] = stack.emulator.calls.list().map(({ at }) => at);
    expect(second! - first!).toBeGreaterThanOrEqual(39);
    expect(third! - second!).toBeGreaterThanOrEqual(39);
  });

  it('neither answers nor logs the account details of an access-denied error', async () => {
    stack.emulator.faults.add({
      kind: 'error',
      code: 'NoPermission',
      message: 'user canary-1 may not',
      extra: { AccessDeniedDetail: { AuthPrincipalOwnerId: 'canary-2' }, Recommend: 'canary-3' },
    });
    const { text } = await stack.gateway.http.get('/instances/a');
    expect(text).not.toContain('canary');
    expect(stack.gateway.logLines.join('')).not.toContain('canary');
  });

  it('drops a malformed upstream code or request id', async () => {
    stack.emulator.faults.add({
      kind: 'body',
      status: 500,
      body: JSON.stringify({ Code: 'canary with spaces', RequestId: { canary: true } }),
      headers: { 'x-acs-request-id': '<canary>' },
    });
    const { body, text } = await stack.gateway.http.get('/instances/a');
    expect(body).toMatchObject({
      code: 'upstream-error',
      upstream: { code: null, requestId: null, attempts: 3 },
    });
    expect(text).not.toContain('canary');
  });
});
