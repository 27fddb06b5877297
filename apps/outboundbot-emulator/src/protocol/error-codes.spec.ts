import { describe, expect, it } from 'vitest';

import { ApiError, describeErrorCode, errorCodes } from './error-codes.js';

describe('the table of error codes', () => {
  it('has the status of every documented code', () => {
    const statuses = Object.entries(errorCodes).map(([code, { status }]) => [code, status]);
    expect(Object.fromEntries(statuses)).toMatchObject({
      InternalError: 500,
      ServiceUnavailable: 503,
      Throttling: 400,
      'Throttling.User': 400,
      'Throttling.Api': 400,
      SignatureNonceUsed: 400,
      'InvalidTimeStamp.Expired': 400,
      'InvalidAccessKeyId.NotFound': 404,
      SignatureDoesNotMatch: 400,
      Forbidden: 403,
      'Forbidden.RAM': 403,
      NoPermission: 403,
      'InvalidApi.NotFound': 404,
      'InvalidProduct.NotFound': 404,
      NoSuchVersion: 400,
      MissingInstanceId: 400,
      'NotExist.Instance': 404,
      'NotExists.InstanceId': 404,
    });
  });

  it.each([
    ['Throttling.Flow', 400],
    ['MissingRegionId', 400],
    ['InvalidParameter.InstanceId', 400],
    ['InvalidSecurityToken.Anything', 400],
    ['Forbidden.Anything', 403],
    ['UnknownCode', 500],
    ['constructor', 500],
  ])('gives the code %s the status %i of its family', (code, status) => {
    expect(describeErrorCode(code).status).toBe(status);
  });

  it('names the parameter in the message of a Missing code that the table does not have', () => {
    expect(describeErrorCode('MissingRegionId').message).toBe('RegionId is mandatory for this action.');
    expect(new ApiError('MissingRegionId')).toMatchObject({ code: 'MissingRegionId', status: 400 });
  });

  it('gives an ApiError the status and message of its code', () => {
    expect(new ApiError('NotExist.Instance')).toMatchObject({
      status: 404,
      message: 'The specified instance does not exist.',
    });
    expect(new ApiError('InvalidParameter', 'Use 1.0.').message).toBe('Use 1.0.');
  });
});
