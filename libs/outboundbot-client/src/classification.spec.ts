import { expect, it } from 'vitest';

import { classify } from './classification.js';

it.each(['NotExist.Instance', 'NotExists.Instance', 'NotExist.InstanceId', 'NotExists.InstanceId'])(
  'takes %s for a missing instance, whatever the status',
  (code) => {
    for (const status of [200, 400, 404, 500]) expect(classify(code, status).kind).toBe('not-found');
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
  expect(classify(code, 404)).toStrictEqual({ kind: 'refused', retry: 'never' });
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
  expect(classify(null, status).kind).toBe(kind);
});
