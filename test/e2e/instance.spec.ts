import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { SAMPLE_ID, SAMPLE_INSTANCE, UNCACHED, useStack } from '../support/gateway.js';

/** The response example from the vendor's API reference, verbatim. */
const VENDOR_SAMPLE = `{
  "HttpStatusCode": 200,
  "Code": "OK",
  "Message": "Success",
  "RequestId": "254EB995-DEDF-48A4-9101-9CA5B72FFBCC",
  "Success": true,
  "Instance": {
    "CreationTime": 1578469042851,
    "InstanceId": "90515b5-6115-4ccf-83e2-52d5bfaf2ddf",
    "CreatorId": 435986,
    "OwnerName": "xxxx",
    "InstanceDescription": "這個是第一個實例",
    "InstanceName": "第一個實例",
    "CreatorName": "xxx",
    "ResourceGroupId": "90515b5-6115-4ccf-83e2-52d5bfaf2ddf",
    "MaxConcurrentConversation": 4
  }
}`;

describe('GET /instances/:id', () => {
  const stack = useStack(UNCACHED);

  it("answers the vendor's sample response as flat camelCase JSON", async () => {
    stack.emulator.faults.add({ kind: 'body', body: VENDOR_SAMPLE });
    const { status, headers, body } = await stack.gateway.http.get(`/instances/${SAMPLE_ID}`);
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('application/json; charset=utf-8');
    expect(body).toStrictEqual(SAMPLE_INSTANCE);
  });

  it.each([SAMPLE_ID, 'af81a389-91f0-4157-8d82-720edd02b66a'])(
    "answers 200 for the emulator's instance %s",
    async (id) => {
      const { status, body } = await stack.gateway.http.get(`/instances/${id}`);
      expect(status).toBe(200);
      expect(body).toStrictEqual({ ...SAMPLE_INSTANCE, instanceId: id });
    },
  );

  it('makes one signed upstream call with a nonce of 122 random bits', async () => {
    await stack.gateway.http.get(`/instances/${SAMPLE_ID}`);
    expect(stack.emulator.calls.list()).toMatchObject([
      {
        instanceId: SAMPLE_ID,
        action: 'DescribeInstance',
        method: 'POST',
        signature: 'V3',
        nonce: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
      },
    ]);
  });

  it('answers HEAD with the headers of GET and no body', async () => {
    const get = await stack.gateway.http.get(`/instances/${SAMPLE_ID}`);
    const head = await stack.gateway.http.head(`/instances/${SAMPLE_ID}`);
    expect(head.status).toBe(200);
    expect(head.text).toBeFalsy();
    expect(head.headers['content-length']).toBe(get.headers['content-length']);
    expect(head.headers['content-type']).toBe(get.headers['content-type']);
  });

  it('ignores unknown query parameters', async () => {
    await stack.gateway.http.get(`/instances/${SAMPLE_ID}?verbose=1&InstanceId=other`).expect(200);
    expect(stack.emulator.calls.count(SAMPLE_ID)).toBe(1);
  });

  it.each(['205273937398494789', '9223372036854775807', '9007199254740993', '-9223372036854775808'])(
    'keeps every digit of the creator id %s',
    async (digits) => {
      stack.emulator.instances.put({ InstanceId: 'big', CreatorId: BigInt(digits) });
      const { text } = await stack.gateway.http.get('/instances/big').expect(200);
      expect(text).toContain(`"creatorId":"${digits}"`);
    },
  );

  it('accepts a decimal string where the upstream should send an integer', async () => {
    stack.emulator.faults.add({
      kind: 'instance',
      instance: {
        InstanceId: 'a',
        CreatorId: '205273937398494789',
        CreationTime: '1578469042851',
        MaxConcurrentConversation: '4',
      },
    });
    const { body } = await stack.gateway.http.get('/instances/a').expect(200);
    expect(body).toMatchObject({
      creatorId: '205273937398494789',
      creationTime: 1578469042851,
      maxConcurrentConversation: 4,
    });
  });

  it.each([
    ['leaves out of its answer', { InstanceId: 'a' }],
    [
      'sends as null',
      {
        InstanceId: 'a',
        InstanceName: null,
        InstanceDescription: null,
        MaxConcurrentConversation: null,
        OwnerName: null,
        CreatorId: null,
        CreatorName: null,
        CreationTime: null,
        ResourceGroupId: null,
      },
    ],
  ])('answers null for each field that the upstream %s', async (_, instance) => {
    stack.emulator.faults.add({ kind: 'instance', instance });
    const { body } = await stack.gateway.http.get('/instances/a').expect(200);
    expect(body).toStrictEqual({
      instanceId: 'a',
      instanceName: null,
      instanceDescription: null,
      maxConcurrentConversation: null,
      ownerName: null,
      creatorId: null,
      creatorName: null,
      creationTime: null,
      resourceGroupId: null,
    });
  });

  it('passes on no unknown upstream field', async () => {
    stack.emulator.faults.add({
      kind: 'instance',
      instance: {
        InstanceId: 'a',
        CallCenterInstanceId: 'canary',
        Owner: 'canary',
        NluProfile: { AccessKey: 'canary', SecretKey: 'canary' },
        __proto__x: 'canary',
        toString: 'canary',
      },
      envelope: { Extra: 'canary' },
    });
    const { text, body } = await stack.gateway.http.get('/instances/a').expect(200);
    expect(text).not.toContain('canary');
    expect(Object.keys(body as object)).toStrictEqual(Object.keys(SAMPLE_INSTANCE));
  });

  it('calls the upstream for every id of the documented form, and answers 400 for any other id', async () => {
    const wellFormed = /^[A-Za-z0-9_-]{1,64}$/;
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.stringMatching(wellFormed), fc.string({ minLength: 1, maxLength: 80, unit: 'grapheme' })),
        async (id) => {
          fc.pre(id !== '.' && id !== '..');
          stack.emulator.reset();
          const { status, body } = await stack.gateway.http.get(`/instances/${encodeURIComponent(id)}`);
          if (wellFormed.test(id)) {
            expect(status).toBe(404);
            expect(body).toMatchObject({ code: 'instance-not-found' });
            expect(stack.emulator.calls.count(id)).toBe(1);
          } else {
            expect(status).toBe(400);
            expect(body).toMatchObject({ code: 'invalid-request' });
            expect(stack.emulator.calls.count()).toBe(0);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('GET /instances/:id when the upstream answer has the wrong shape', () => {
  const stack = useStack(UNCACHED);

  it.each<[string, unknown]>([
    ['no Instance', undefined],
    ['a null Instance', null],
    ['a list as Instance', []],
    ['text as Instance', 'canary'],
    ['no InstanceId', { InstanceName: 'canary' }],
    ['an empty InstanceId', { InstanceId: '' }],
    ['a null InstanceId', { InstanceId: null }],
    ['a number as InstanceId', { InstanceId: 1 }],
    ['a number as InstanceName', { InstanceId: 'a', InstanceName: 7 }],
    ['an object as OwnerName', { InstanceId: 'a', OwnerName: { canary: true } }],
    ['a fraction as CreatorId', { InstanceId: 'a', CreatorId: 1.5 }],
    ['letters as CreatorId', { InstanceId: 'a', CreatorId: 'canary' }],
    ['true as CreationTime', { InstanceId: 'a', CreationTime: true }],
    [
      'a CreationTime above the safe integers of JavaScript',
      { InstanceId: 'a', CreationTime: 9007199254740993n },
    ],
    ['an empty MaxConcurrentConversation', { InstanceId: 'a', MaxConcurrentConversation: '' }],
  ])('answers 502 upstream-invalid-response without a retry for %s', async (_, instance) => {
    stack.emulator.faults.add({ kind: 'instance', instance });
    const { status, body, text } = await stack.gateway.http.get('/instances/a');
    expect(status).toBe(502);
    expect(body).toMatchObject({ code: 'upstream-invalid-response', upstream: { attempts: 1 } });
    expect(text).not.toContain('canary');
  });
});
