import { expect, it } from 'vitest';

import { classify } from './classification.js';

it.each(['NotExist.Instance', 'NotExists.Instance', 'NotExist.InstanceId', 'NotExists.InstanceId'])(
  'takes %s for a missing instance, whatever the status',
  (code) => {
    for (const status of [200, 400, 404, 500]) expect(classify(code, status, false).kind).toBe('not-found');
  },
);

it.each([
  'NotExist.Instances',
  'NotExist.InstanceGroup',
  'XNotExist.Instance',
  'InvalidApi.NotFound',
  'NotFound',
  'notexist.instance',
])('does not take %s for a missing instance, even with 404', (code) => {
  expect(classify(code, 404, false)).toStrictEqual({ kind: 'refused', retry: 'never' });
});

it.each([
  [400, 'refused'],
  [401, 'refused'],
  [404, 'refused'],
  [408, 'failed'],
  [429, 'throttled'],
  [500, 'failed'],
  [502, 'failed'],
  [503, 'unavailable'],
  [504, 'failed'],
])('goes by the status %i without a code', (status, kind) => {
  expect(classify(null, status, false).kind).toBe(kind);
});

it.each([
  'Throttling',
  'Throttling.User',
  'ThrottlingException',
  'FlowControl',
  'FlowControl.User',
  'QpsLimitExceeded',
  'QpsLimitExceeded.Api',
  'Account.FlowControl',
  'Request.Quota.FlowControl',
])('takes %s for throttling, whatever the status', (code) => {
  for (const status of [200, 400, 403, 429, 500, 503]) {
    expect(classify(code, status, false)).toStrictEqual({ kind: 'throttled', retry: 'longer-backoff' });
  }
});

it.each(['flowcontrol.User', 'XFlowControl', 'NoFlowControl', 'QpsLimitExceededX', 'FlowControlX'])(
  'does not take %s for throttling',
  (code) => {
    expect(classify(code, 400, false).kind).toBe('refused');
  },
);

it.each(['SystemBusy', 'SystemBusy.Retry', 'ServiceUnavailable', 'ServiceUnavailable.X'])(
  'takes %s for an upstream that is not available, whatever the status',
  (code) => {
    for (const status of [200, 400, 500, 503]) {
      expect(classify(code, status, false)).toStrictEqual({ kind: 'unavailable', retry: 'backoff' });
    }
  },
);

it.each(['InternalError', 'ServiceUnavailable', 'Forbidden.RAM', 'InvalidAccessKeyId.NotFound', 'New', null])(
  'takes %s for throttling when the answer asks to wait',
  (code) => {
    for (const status of [200, 400, 403, 404, 500, 503]) {
      expect(classify(code, status, true)).toStrictEqual({ kind: 'throttled', retry: 'longer-backoff' });
    }
  },
);

it('takes a missing instance for missing even when the answer asks to wait', () => {
  expect(classify('NotExist.Instance', 404, true).kind).toBe('not-found');
});

it.each(['SignatureNonceUsed', 'InvalidSecurityToken', 'InvalidSecurityToken.Expired'])(
  'takes %s for a refusal that one new call may cure',
  (code) => {
    for (const status of [200, 400, 403, 500, 503]) {
      expect(classify(code, status, false)).toStrictEqual({ kind: 'refused', retry: 'once' });
    }
  },
);

it.each([
  'InvalidTimeStamp.Expired',
  'InvalidAccessKeyId',
  'InvalidAccessKeyId.NotFound',
  'SignatureDoesNotMatch',
  'IncompleteSignature',
  'Forbidden',
  'Forbidden.RAM',
  'NoPermission',
  'NoPermission.Api',
  'InvalidApi.NotFound',
  'InvalidProduct.NotFound',
  'MissingParameter',
  'InvalidParameter.InstanceId',
  'UnsupportedOperation',
  'NoSuchVersion',
])('takes %s for a final refusal, whatever the status', (code) => {
  for (const status of [200, 400, 429, 500, 503]) {
    expect(classify(code, status, false)).toStrictEqual({ kind: 'refused', retry: 'never' });
  }
});

it.each(['InternalError', 'InternalError.Timeout'])('takes %s for a failure, whatever the status', (code) => {
  for (const status of [200, 400, 429, 503]) {
    expect(classify(code, status, false)).toStrictEqual({ kind: 'failed', retry: 'backoff' });
  }
});

it('never tries again for a missing instance', () => {
  expect(classify('NotExist.Instance', 404, false)).toStrictEqual({ kind: 'not-found', retry: 'never' });
});

it.each([
  'XInternalError',
  'InternalErrors',
  'XServiceUnavailable',
  'XSystemBusy',
  'XThrottling',
  'X.FlowControlled',
  'XSignatureNonceUsed',
  'SignatureNonceUsedX',
  'XInvalidSecurityToken',
  'InvalidSecurityTokens',
  'XInvalidTimeStamp.Expired',
  'InvalidTimeStamps',
  'XInvalidAccessKeyId',
  'InvalidAccessKeyIds',
  'XSignatureDoesNotMatch',
  'IncompleteSignatures',
  'XForbidden',
  'ForbiddenX',
  'XInvalidApi.NotFound',
  'InvalidApi.NotFoundX',
  'XMissing',
  'XInvalidParameter',
  'XUnsupportedOperation',
  'NoSuchVersions',
])('does not know %s, so the status decides', (code) => {
  expect(classify(code, 400, false).kind).toBe('refused');
  expect(classify(code, 400, false).retry).toBe('never');
  expect(classify(code, 429, false).kind).toBe('throttled');
  expect(classify(code, 500, false).kind).toBe('failed');
});
