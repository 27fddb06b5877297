import { XMLParser } from 'fast-xml-parser';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { ActionRegistry } from './actions/action.js';
import { serveApi } from './api.js';
import { defaultKeyPair } from './authentication/key-pair.js';
import { CallLog } from './call-log.js';
import { FaultScript } from './faults/fault-script.js';
import { InstanceStore } from './instances/instance-store.js';
import { ApiError, errorCodes } from './protocol/error-codes.js';
import { requireParameter } from './protocol/parameters.js';
import { type Emulator, startEmulator } from './start-emulator.js';
import { sampleId, send, sendV1, sendV3, v1Parameters } from './testing/signed-request.js';

const uuid = /^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$/;
const xml = { accept: 'text/xml' };

let emulator: Emulator;
let endpoint: string;

beforeEach(async () => {
  emulator = await startEmulator();
  ({ endpoint } = emulator);
});

afterEach(() => emulator.close());

describe('DescribeInstance', () => {
  it('answers JSON with the members in the documented order', async () => {
    const answer = await sendV3({ endpoint });
    const requestId = String(answer.headers['x-acs-request-id']);
    expect(requestId).toMatch(uuid);
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe('application/json;charset=utf-8');
    expect(answer.body).toBe(
      `{"HttpStatusCode":200,"Code":"OK","Message":"Success","RequestId":"${requestId}","Success":true,` +
        `"Instance":{"CreationTime":1578469042851,"InstanceId":"${sampleId}","CreatorId":435986,` +
        '"OwnerName":"xxxx","InstanceDescription":"這個是第一個實例","InstanceName":"第一個實例",' +
        `"CreatorName":"xxx","ResourceGroupId":"${sampleId}","MaxConcurrentConversation":4}}`,
    );
  });

  it('answers the same tree as XML when the accept header asks for it', async () => {
    const answer = await sendV3({ endpoint, headers: xml });
    expect(answer.headers['content-type']).toBe('text/xml;charset=utf-8');
    const tree = new XMLParser({ ignoreDeclaration: true }).parse(answer.body) as Record<string, unknown>;
    expect(tree).toEqual({
      DescribeInstanceResponse: {
        HttpStatusCode: 200,
        Code: 'OK',
        Message: 'Success',
        RequestId: answer.headers['x-acs-request-id'],
        Success: true,
        Instance: emulator.instances.get(sampleId),
      },
    });
  });

  it('serves both ids of the documentation, each with its own InstanceId', async () => {
    const id = 'af81a389-91f0-4157-8d82-720edd02b66a';
    const answer = await sendV3({ endpoint, query: [['InstanceId', id]] });
    expect(JSON.parse(answer.body)).toMatchObject({ Instance: { InstanceId: id } });
  });

  it('gives every call its own request id', async () => {
    const answers = await Promise.all([sendV3({ endpoint }), sendV3({ endpoint })]);
    expect(new Set(answers.map(({ headers }) => headers['x-acs-request-id'])).size).toBe(2);
  });

  it('keeps every digit of a 64-bit id, sends null fields and leaves missing ones out', async () => {
    emulator.instances.put({ InstanceId: 'big', CreatorId: 205273937398494789n, OwnerName: null });
    const query = [['InstanceId', 'big']] as const;
    const json = await sendV3({ endpoint, query });
    expect(json.body).toContain(
      '"Instance":{"InstanceId":"big","CreatorId":205273937398494789,"OwnerName":null}}',
    );
    const asXml = await sendV3({ endpoint, query, headers: xml });
    expect(asXml.body).toContain(
      '<Instance><InstanceId>big</InstanceId><CreatorId>205273937398494789</CreatorId></Instance>',
    );
  });

  it('answers V1 calls as XML unless they ask for JSON', async () => {
    const unset = await sendV1(endpoint, v1Parameters({ endpoint }, { Format: undefined }));
    expect(unset.body).toContain('<DescribeInstanceResponse>');
    const json = await sendV1(endpoint, v1Parameters({ endpoint }, { Format: 'json' }));
    expect(json.body).toMatch(/^\{"HttpStatusCode"/);
  });
});

describe('a refused call', () => {
  it('receives the JSON error body of the service', async () => {
    const answer = await sendV3({ endpoint, query: [['InstanceId', 'unknown']] });
    expect(answer.status).toBe(404);
    expect(JSON.parse(answer.body)).toEqual({
      RequestId: answer.headers['x-acs-request-id'],
      HostId: endpoint,
      Code: 'NotExist.Instance',
      Message: 'The specified instance does not exist.',
      Recommend: 'https://api.alibabacloud.com/troubleshoot?q=NotExist.Instance&product=OutboundBot',
    });
  });

  it('receives the XML error body of the service when it asks for XML', async () => {
    const answer = await sendV3({ endpoint, query: [['InstanceId', 'unknown']], headers: xml });
    expect(answer.headers['content-type']).toBe('text/xml;charset=utf-8');
    expect(new XMLParser({ ignoreDeclaration: true }).parse(answer.body)).toEqual({
      Error: {
        RequestId: answer.headers['x-acs-request-id'],
        HostId: endpoint,
        Code: 'NotExist.Instance',
        Message: 'The specified instance does not exist.',
      },
    });
  });

  it.each([
    [{ Action: undefined }, '400 MissingAction'],
    [{ Action: 'NoSuchAction' }, '404 InvalidApi.NotFound'],
    [{ Version: undefined }, '400 NoSuchVersion'],
    [{ Version: '2025-11-11' }, '400 NoSuchVersion'],
    [{ InstanceId: undefined }, '400 MissingInstanceId'],
    [{ InstanceId: '' }, '400 MissingInstanceId'],
  ])('with %j receives %s', async (changes, expected) => {
    const answer = await sendV1(endpoint, v1Parameters({ endpoint }, changes));
    expect(`${answer.status} ${(JSON.parse(answer.body) as { Code: string }).Code}`).toBe(expected);
  });

  it('receives an error of the service for an unknown path or method', async () => {
    const [host, port] = endpoint.split(':');
    const path = await send({ host, port, path: '/instances/a' });
    expect([path.status, path.body]).toEqual([404, expect.stringContaining('InvalidApi.NotFound')]);
    const method = await send({ host, port, path: '/?Format=JSON', method: 'DELETE' });
    expect([method.status, method.body]).toEqual([400, expect.stringContaining('"UnsupportedOperation"')]);
  });

  it('receives InvalidParameter when its body is too large', async () => {
    const [host, port] = endpoint.split(':');
    const headers = { 'content-type': 'text/plain', 'content-length': String(2 ** 30) };
    const answer = await send({ host, port, path: '/?Format=JSON', method: 'POST', headers }, 'x');
    expect([answer.status, answer.body]).toEqual([413, expect.stringContaining('"InvalidParameter"')]);
  });
});

describe('the call log', () => {
  it('records every call without its signature and secrets', async () => {
    const answer = await sendV3({ endpoint, nonce: 'n-1' });
    await sendV1(endpoint, v1Parameters({ endpoint, nonce: 'n-2' }, { InstanceId: 'x' }));
    const [host, port] = endpoint.split(':');
    await send({ host, port, path: '/' });
    expect(emulator.calls.list()).toEqual([
      {
        instanceId: sampleId,
        action: 'DescribeInstance',
        method: 'POST',
        signature: 'V3',
        nonce: 'n-1',
        requestId: answer.headers['x-acs-request-id'],
        at: expect.closeTo(Date.now(), -4),
        accept: 'application/json',
      },
      expect.objectContaining({ instanceId: 'x', method: 'GET', signature: 'V1', nonce: 'n-2' }),
      expect.objectContaining({ instanceId: null, action: null, nonce: null, accept: null }),
    ]);
    expect([emulator.calls.count(), emulator.calls.count('x')]).toEqual([3, 1]);
  });
});

describe('an action of the registry', () => {
  const actions: ActionRegistry = {
    Echo: {
      prepare: (_state, { parameters, format }) => {
        const text = requireParameter(parameters, 'Text');
        return () => {
          if (text === 'unknown') throw new ApiError('NotExist.Instance');
          return { Text: text, Count: 7n, Format: format, Left: undefined };
        };
      },
    },
  };
  const calls = new CallLog();
  const faults = new FaultScript();
  let app: FastifyInstance;
  let echoEndpoint: string;

  beforeEach(async () => {
    app = Fastify();
    const instances = new InstanceStore([]);
    serveApi(app, { keyPair: defaultKeyPair, actions, instances, faults, calls, now: Date.now });
    echoEndpoint = new URL(await app.listen({ host: '127.0.0.1', port: 0 })).host;
  });

  afterEach(async () => {
    await app.close();
    faults.clear();
    calls.clear();
  });

  const echo = (parameters: Record<string, string>, accept = 'application/json') =>
    sendV3({
      endpoint: echoEndpoint,
      query: Object.entries(parameters),
      headers: { 'x-acs-action': 'Echo', accept },
    });

  it('adds its members to the success envelope and leaves undefined ones out', async () => {
    const answer = await echo({ Text: 'a"b' });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatch(/,"Success":true,"Text":"a\\"b","Count":7,"Format":"json"\}$/);
  });

  it('names the root element of its XML answers', async () => {
    const answer = await echo({ Text: '<b>' }, 'text/xml');
    expect(answer.body).toMatch(/\?><EchoResponse><HttpStatusCode>200<.*<Text>&lt;b&gt;<\/Text><Count>7</);
    faults.add({ kind: 'error', code: 'NoPermission', inBand: true });
    expect((await echo({ Text: 'a' }, 'text/xml')).body).toContain('<EchoResponse><HttpStatusCode>403<');
  });

  it('refuses a missing parameter before a fault is applied', async () => {
    faults.add({ kind: 'error', code: 'InternalError' });
    const answer = await echo({});
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body)).toMatchObject({
      Code: 'MissingText',
      Message: 'Text is mandatory for this action.',
    });
  });

  it('answers its own error also when a fault delays it', async () => {
    faults.add({ kind: 'latency', ms: 1 });
    const answer = await echo({ Text: 'unknown' });
    expect([answer.status, answer.body]).toEqual([404, expect.stringContaining('"NotExist.Instance"')]);
  });

  it('targets no instance when it has no instanceParameter', async () => {
    faults.add({ kind: 'error', code: 'InternalError', instanceId: 'a' });
    const answer = await echo({ Text: 'a', InstanceId: 'a' });
    expect(answer.status).toBe(200);
    expect(calls.list()).toMatchObject([{ action: 'Echo', instanceId: null }]);
  });

  it('is not affected by a fault for another action', async () => {
    faults.add({ kind: 'error', code: 'InternalError', action: 'DescribeInstance' });
    expect((await echo({ Text: 'a' })).status).toBe(200);
  });

  it('answers InvalidApi.NotFound for every action that is not registered', async () => {
    const codes = [];
    for (const action of ['DescribeInstance', 'constructor']) {
      const answer = await sendV3({ endpoint: echoEndpoint, headers: { 'x-acs-action': action } });
      codes.push((JSON.parse(answer.body) as { Code: string }).Code);
    }
    expect(codes).toEqual(['InvalidApi.NotFound', 'InvalidApi.NotFound']);
  });
});

describe('a scripted error', () => {
  it.each(Object.entries(errorCodes))(
    'answers %s with its status and message',
    async (code, { status, message }) => {
      emulator.faults.add({ kind: 'error', code });
      const answer = await sendV3({ endpoint });
      expect(answer.status).toBe(status);
      expect(JSON.parse(answer.body)).toMatchObject({ Code: code, Message: message, HostId: endpoint });
    },
  );
});
