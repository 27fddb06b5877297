import openApiClient, { Config, OpenApiRequest, Params } from '@alicloud/openapi-client';
import openApiCore, { $OpenApiUtil, OpenApiUtil as coreUtil } from '@alicloud/openapi-core';
import openApiUtil from '@alicloud/openapi-util';
import popCore from '@alicloud/pop-core';
import { RuntimeOptions } from '@alicloud/tea-util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { defaultKeyPair, type Emulator, startEmulator } from './start-emulator.js';
import { describeInstanceCall, listInstancesCall } from './testing/sdk-call.js';
import { sampleId } from './testing/signed-request.js';

// The types declare a class, but the module exports an object of two classes.
const { RPCClient } = popCore as unknown as { RPCClient: typeof popCore };

const keyPair = { ...defaultKeyPair };
const sampleAnswer = {
  HttpStatusCode: 200,
  Code: 'OK',
  Message: 'Success',
  RequestId: expect.stringMatching(/^[0-9A-F-]{36}$/),
  Success: true,
  Instance: {
    CreationTime: 1578469042851,
    InstanceId: sampleId,
    CreatorId: 435986,
    OwnerName: 'xxxx',
    InstanceDescription: '這個是第一個實例',
    InstanceName: '第一個實例',
    CreatorName: 'xxx',
    ResourceGroupId: sampleId,
    MaxConcurrentConversation: 4,
  },
};

// Lists of objects, which each client flattens to parameters such as `Tag.1.Key`.
const listRequest = {
  ResourceGroupId: 'rg-acfm3iugit3uw7a',
  Name: '回访',
  Tag: [{ Key: 'age', Value: '20' }],
  PageNumber: 1,
  PageSize: 1,
};
const listAnswer = {
  HttpStatusCode: 200,
  Code: 'OK',
  Message: 'Success',
  RequestId: expect.stringMatching(/^[0-9A-F-]{36}$/),
  Success: true,
  Instances: [
    {
      CreationTime: 1578469042851,
      InstanceId: '5d0c7e1a-3f2b-4e86-9b47-c1a8d25f6e90',
      CreatorId: 34234,
      OwnerName: 'xxx',
      InstanceDescription: '这是一个实例',
      InstanceName: '回访',
      CreatorName: 'xxx',
      ResourceGroupId: 'rg-acfm3iugit3uw7a',
      MaxConcurrentConversation: 10,
      ResourceTags: [{ Key: 'age', Value: '20' }],
      IsPreset: false,
    },
  ],
  TotalCount: 1,
  PageNumber: 1,
  PageSize: 1,
};

let emulator: Emulator;

beforeEach(async () => {
  emulator = await startEmulator();
});

afterEach(() => emulator.close());

interface Overrides {
  readonly config?: Record<string, string>;
  readonly params?: Record<string, string>;
  readonly request?: Record<string, unknown>;
}

async function callOpenApiClient({ config, params, request }: Overrides = {}) {
  const endpoint = emulator.endpoint;
  const client = new openApiClient.default(new Config({ ...keyPair, endpoint, protocol: 'HTTP', ...config }));
  return client.callApi(
    new Params({ ...describeInstanceCall, bodyType: 'json', ...params }),
    new OpenApiRequest({ query: { InstanceId: sampleId }, ...request }),
    new RuntimeOptions({}),
  ) as Promise<{ statusCode: number; headers: Record<string, string>; body: unknown }>;
}

describe('@alicloud/openapi-client', () => {
  it.each([{}, { signatureAlgorithm: 'v2' }])('reads the sample instance with %j', async (config) => {
    const { body } = await callOpenApiClient({ config });
    expect(body).toEqual(sampleAnswer);
    const signature = 'signatureAlgorithm' in config ? 'V1' : 'V3';
    expect(emulator.calls.list()).toMatchObject([{ signature, method: 'POST', instanceId: sampleId }]);
  });

  it.each([
    ['GET', {}],
    ['GET', { signatureAlgorithm: 'v2' }],
  ])('reads the sample instance by %s with %j', async (method, config) => {
    expect((await callOpenApiClient({ config, params: { method } })).body).toEqual(sampleAnswer);
  });

  it.each([{}, { signatureAlgorithm: 'v2' }])(
    'reads the sample instance by an id in a form body with %j',
    async (config) => {
      const request = { query: {}, body: { InstanceId: sampleId } };
      expect((await callOpenApiClient({ config, request })).body).toEqual(sampleAnswer);
    },
  );

  it.each(["a!b'c(d)e*f", '第一個 實例', 'a+b&c=d%20~', '💡', '%', ' '])(
    'reads the instance with the id "%s" under both signature versions',
    async (id) => {
      emulator.instances.put({ InstanceId: id });
      for (const config of [{}, { signatureAlgorithm: 'v2' }]) {
        const { body } = await callOpenApiClient({ config, request: { query: { InstanceId: id } } });
        expect(body).toMatchObject({ Instance: { InstanceId: id } });
      }
    },
  );

  it('receives every digit of a 64-bit id when it reads the body as text', async () => {
    emulator.instances.put({ InstanceId: sampleId, CreatorId: 205273937398494789n });
    const { body } = await callOpenApiClient({ params: { bodyType: 'string' } });
    expect(body).toContain('"CreatorId":205273937398494789');
  });

  it('reads XML answers, and the code and request id of XML errors', async () => {
    const request = { query: { InstanceId: sampleId }, headers: { accept: 'text/xml' } };
    const { body } = await callOpenApiClient({ request, params: { bodyType: 'string' } });
    expect(body).toContain('<DescribeInstanceResponse>');
    const unknown = { query: { InstanceId: 'unknown' }, headers: { accept: 'text/xml' } };
    await expect(callOpenApiClient({ request: unknown })).rejects.toMatchObject({
      code: 'NotExist.Instance',
      data: {
        statusCode: 404,
        RequestId: expect.stringMatching(/^[0-9A-F-]{36}$/),
        HostId: emulator.endpoint,
      },
    });
  });

  it.each([{}, { signatureAlgorithm: 'v2' }])(
    'receives the error code for each wrong part of a call with %j',
    async (config) => {
      const codeOf = (wrong: Overrides) =>
        callOpenApiClient({ ...wrong, config: { ...config, ...wrong.config } }).then(
          () => 'OK',
          (error: unknown) => (error as { code: string }).code,
        );
      expect(await codeOf({ config: { accessKeySecret: 'wrong' } })).toBe('SignatureDoesNotMatch');
      expect(await codeOf({ config: { accessKeyId: 'unknown' } })).toBe('InvalidAccessKeyId.NotFound');
      expect(await codeOf({ config: { securityToken: 'x' } })).toBe('InvalidSecurityToken.Malformed');
      expect(await codeOf({ params: { action: 'NoSuchAction' } })).toBe('InvalidApi.NotFound');
      expect(await codeOf({ params: { version: '2025-11-11' } })).toBe('NoSuchVersion');
      expect(await codeOf({ request: { query: {} } })).toBe('MissingInstanceId');
    },
  );

  it('receives SignatureNonceUsed when it sends a nonce twice', async () => {
    const request = { query: { InstanceId: sampleId }, headers: { 'x-acs-signature-nonce': 'same' } };
    await callOpenApiClient({ request });
    await expect(callOpenApiClient({ request })).rejects.toMatchObject({ code: 'SignatureNonceUsed' });
  });

  it('receives InvalidTimeStamp.Expired when its clock is more than 15 minutes off', async () => {
    await emulator.close();
    emulator = await startEmulator({ now: () => Date.now() + 16 * 60_000 });
    await expect(callOpenApiClient()).rejects.toMatchObject({ code: 'InvalidTimeStamp.Expired' });
  });

  it.each([{}, { signatureAlgorithm: 'v2' }])(
    'is accepted with the token of a temporary key pair and %j',
    async (config) => {
      await emulator.close();
      emulator = await startEmulator({ securityToken: 'the-token' });
      const { body } = await callOpenApiClient({ config: { ...config, securityToken: 'the-token' } });
      expect(body).toEqual(sampleAnswer);
      await expect(callOpenApiClient({ config: { ...config, securityToken: 'old' } })).rejects.toMatchObject({
        code: 'InvalidSecurityToken.MismatchWithAccessKey',
      });
    },
  );
});

describe('@alicloud/openapi-client with ListInstances', () => {
  const { action } = listInstancesCall;

  it.each([
    ['GET', {}],
    ['GET', { signatureAlgorithm: 'v2' }],
    ['POST', {}],
    ['POST', { signatureAlgorithm: 'v2' }],
  ])('reads the sample list by %s with %j', async (method, config) => {
    const request = { query: openApiUtil.default.query(listRequest) };
    const { body } = await callOpenApiClient({ config, request, params: { action, method } });
    expect(body).toEqual(listAnswer);
    const signature = 'signatureAlgorithm' in config ? 'V1' : 'V3';
    expect(emulator.calls.list()).toMatchObject([{ action, signature, method, instanceId: null }]);
  });

  it.each([{}, { signatureAlgorithm: 'v2' }])(
    'reads the sample list with the parameters in a form body and %j',
    async (config) => {
      const request = { query: {}, body: listRequest };
      expect((await callOpenApiClient({ config, request, params: { action } })).body).toEqual(listAnswer);
    },
  );

  it.each([{}, { signatureAlgorithm: 'v2' }])(
    'finds a tag and a name with characters that are escaped in a signature, with %j',
    async (config) => {
      const text = "a!b'c(d)e*f ~+&=%💡";
      emulator.instances.put({
        InstanceId: 'a',
        InstanceName: `[${text}]`,
        ResourceTags: [{ Key: text, Value: text }],
      });
      const query = openApiUtil.default.query({
        Name: text,
        Tag: [{ Key: text, Value: text }, { Key: text }],
      });
      const { body } = await callOpenApiClient({ config, request: { query }, params: { action } });
      expect(body).toMatchObject({ TotalCount: 1, Instances: [{ InstanceId: 'a' }] });
    },
  );

  it('receives every digit of a 64-bit id when it reads the body as text', async () => {
    const params = { action, bodyType: 'string' };
    const { body } = await callOpenApiClient({ params, request: { query: {} } });
    expect(body).toContain('"CreatorId":205273937398494789');
  });

  it('reads XML answers', async () => {
    const query = openApiUtil.default.query(listRequest);
    const request = { query, headers: { accept: 'text/xml' } };
    const { body } = await callOpenApiClient({ request, params: { action, bodyType: 'string' } });
    expect(body).toContain('<ListInstancesResponse>');
    expect(body).toContain('<ResourceTag><Key>age</Key><Value>20</Value></ResourceTag>');
  });

  it.each([{}, { signatureAlgorithm: 'v2' }])('reads the code of a refused call with %j', async (config) => {
    const codeOf = (parameters: Record<string, unknown>) =>
      callOpenApiClient({
        config,
        params: { action },
        request: { query: openApiUtil.default.query(parameters) },
      }).then(
        () => 'OK',
        (error: unknown) => (error as { code: string }).code,
      );
    expect(await codeOf({ PageSize: 101 })).toBe('InvalidParameter');
    expect(await codeOf({ Tag: [{ Key: 'a' }, { Value: 'b' }] })).toBe('MissingTag.2.Key');
  });
});

describe('@alicloud/pop-core', () => {
  it.each(['GET', 'POST'])('reads the sample list by %s', async (method) => {
    const client = new RPCClient({ ...keyPair, endpoint: emulator.url, apiVersion: '2019-12-26' });
    const answer = await client.request('ListInstances', listRequest, { method });
    expect(JSON.parse(JSON.stringify(answer))).toEqual(listAnswer);
    expect(emulator.calls.list()).toMatchObject([{ action: 'ListInstances', signature: 'V1', method }]);
  });

  it.each(['GET', 'POST'])('reads the sample instance by %s', async (method) => {
    const client = new RPCClient({ ...keyPair, endpoint: emulator.url, apiVersion: '2019-12-26' });
    const answer = await client.request('DescribeInstance', { InstanceId: sampleId }, { method });
    // The client returns objects without a prototype.
    expect(JSON.parse(JSON.stringify(answer))).toEqual(sampleAnswer);
    expect(emulator.calls.list()).toMatchObject([{ signature: 'V1', method }]);
  });

  it('reads the code of an error', async () => {
    const client = new RPCClient({ ...keyPair, endpoint: emulator.url, apiVersion: '2019-12-26' });
    const asked = client.request('DescribeInstance', { InstanceId: "it's (*)!" }, { method: 'POST' });
    await expect(asked).rejects.toMatchObject({
      code: 'NotExist.Instance',
      data: { HostId: emulator.endpoint },
    });
  });
});

describe('@alicloud/openapi-core', () => {
  const callCore = (query: Record<string, string>, call = describeInstanceCall) => {
    const config = new $OpenApiUtil.Config({ ...keyPair, endpoint: emulator.endpoint, protocol: 'HTTP' });
    return new openApiCore.default(config).callApi(
      new $OpenApiUtil.Params({ ...call, bodyType: 'json' }),
      new $OpenApiUtil.OpenApiRequest({ query }),
      {} as never,
    );
  };

  it('reads the sample instance', async () => {
    expect((await callCore({ InstanceId: sampleId }))['body']).toEqual(sampleAnswer);
  });

  it('reads the sample list', async () => {
    const { body } = (await callCore(coreUtil.query(listRequest), listInstancesCall)) as { body: unknown };
    expect(body).toEqual(listAnswer);
  });

  it('reads the code, the status and the request id of an error', async () => {
    await expect(callCore({ InstanceId: 'unknown' })).rejects.toMatchObject({
      code: 'NotExist.Instance',
      statusCode: 404,
      requestId: expect.stringMatching(/^[0-9A-F-]{36}$/),
    });
  });

  it('reads how long to wait from a throttling error', async () => {
    emulator.faults.add({ kind: 'error', code: 'Throttling.User', retryAfter: '1500' });
    await expect(callCore({ InstanceId: sampleId })).rejects.toMatchObject({
      code: 'Throttling.User',
      statusCode: 400,
      retryAfter: 1500,
    });
  });
});
