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
