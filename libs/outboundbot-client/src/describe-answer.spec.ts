import { describe, expect, it } from 'vitest';

import { describeAnswer } from './describe-answer.js';

const describeText = (body: string, headers: Record<string, string> = {}, status = 200) =>
  describeAnswer({ status, headers, body: Buffer.from(body) });

describe('describeAnswer', () => {
  it('names headers, and shows no value of them but the date', () => {
    const headers = {
      date: 'Tue, 25 Nov 2025 10:00:00 GMT',
      'content-type': 'Application/JSON; charset=utf-8',
      'x-acs-request-id': 'canary',
    };
    expect(describeText('{"Code": "OK", "Success": true}', headers)).toStrictEqual({
      status: 200,
      headerNames: ['content-type', 'date', 'x-acs-request-id'],
      mediaType: 'application/json',
      format: 'json',
      date: Date.UTC(2025, 10, 25, 10),
      hasRequestId: true,
      code: 'OK',
      isInBandFailure: false,
      shape: {
        types: { object: 1 },
        members: {
          Code: { types: { string: 1 }, lengths: [2, 2] },
          Success: { types: { boolean: 1 } },
        },
      },
    });
  });

  it.each([
    ['{}', 'json'],
    ['<Error><Code>NoPermission</Code></Error>', 'xml'],
    ['<!DOCTYPE html><p>', 'html'],
    [' <HTML>', 'html'],
    ['<h1>Bad Gateway</h1>', 'html'],
    ['\n', 'empty'],
    ['[]', 'other'],
    ['canary', 'other'],
  ])('tells the format of %j: %s', (body, format) => {
    expect(describeText(body)).toMatchObject({ format, hasRequestId: false });
  });

  it.each([
    ['{"Success": false, "Code": "NoPermission"}', 200, true, 'NoPermission'],
    ['{"Success": "false", "Code": "OK"}', 200, true, 'OK'],
    ['{"Success": true, "Code": "not a code"}', 200, true, null],
    ['{"Success": "TRUE", "Code": "OK"}', 200, false, 'OK'],
    ['{"Code": "Forbidden.RAM"}', 403, false, 'Forbidden.RAM'],
    ['{"Success": false, "Code": "Forbidden.RAM"}', 403, false, 'Forbidden.RAM'],
    ['{"other": 1}', 200, false, null],
  ])('tells whether %s with HTTP %i is a failure in band: %s', (body, status, isInBandFailure, code) => {
    expect(describeText(body, {}, status)).toMatchObject({ isInBandFailure, code });
  });

  it('drops a content type that is not one', () => {
    expect(describeText('', { 'content-type': 'canary' }).mediaType).toBe('');
  });
});
