import { XMLParser } from 'fast-xml-parser';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { ActionRegistry } from './actions/action.js';
import { serveApi } from './api.js';
import { defaultKeyPair } from './authentication/key-pair.js';
import { CallLog } from './call-log.js';
import { FaultScript } from './faults/fault-script.js';
import type { InstanceRecord } from './instances/instance-record.js';
import { InstanceStore } from './instances/instance-store.js';
import { ApiError, errorCodes } from './protocol/error-codes.js';
import { type Parameter, requireParameter } from './protocol/parameters.js';
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

describe('ListInstances', () => {
  const list = (query: readonly Parameter[] = [], headers = {}) =>
    sendV3({ endpoint, query, headers: { 'x-acs-action': 'ListInstances', ...headers } });

  /** The ids of a successful answer, and the members that describe the page. */
  async function ids(query?: readonly Parameter[]): Promise<{ ids: string[] } & Record<string, unknown>> {
    const answer = await list(query);
    expect(answer.status).toBe(200);
    const { Instances, TotalCount, PageNumber, PageSize } = JSON.parse(answer.body) as {
      Instances: { InstanceId: string }[];
    } & Record<string, unknown>;
    return { ids: Instances.map(({ InstanceId }) => InstanceId), TotalCount, PageNumber, PageSize };
  }

  function seed(...records: InstanceRecord[]): void {
    for (const { InstanceId } of emulator.instances.list()) emulator.instances.delete(InstanceId);
    for (const record of records) emulator.instances.put(record);
  }

  it('answers the sample of the documentation for its filters, with the members in the documented order', async () => {
    const answer = await list([
      ['ResourceGroupId', 'rg-acfm3iugit3uw7a'],
      ['Tag.1.Key', 'age'],
      ['Tag.1.Value', '20'],
      ['Name', '回访'],
      ['PageSize', '1'],
    ]);
    expect(answer.body).toBe(
      `{"HttpStatusCode":200,"Code":"OK","Message":"Success","RequestId":"${String(answer.headers['x-acs-request-id'])}",` +
        '"Success":true,"Instances":[{"CreationTime":1578469042851,' +
        '"InstanceId":"5d0c7e1a-3f2b-4e86-9b47-c1a8d25f6e90","CreatorId":34234,"OwnerName":"xxx",' +
        '"InstanceDescription":"这是一个实例","InstanceName":"回访","CreatorName":"xxx",' +
        '"ResourceGroupId":"rg-acfm3iugit3uw7a","MaxConcurrentConversation":10,' +
        '"ResourceTags":[{"Key":"age","Value":"20"}],"IsPreset":false}],"TotalCount":1,"PageNumber":1,"PageSize":1}',
    );
  });

  it('answers the same tree as XML, each item of a list in an element of its own', async () => {
    seed({ InstanceId: 'a', CreatorId: 205273937398494789n, ResourceTags: [], IsPreset: true });
    emulator.instances.put({ InstanceId: 'b', ResourceTags: [{ Key: 'age', Value: '20' }] });
    const answer = await list([], xml);
    expect(answer.headers['content-type']).toBe('text/xml;charset=utf-8');
    expect(answer.body).toContain(
      '<Success>true</Success><Instances>' +
        '<Instance><InstanceId>a</InstanceId><CreatorId>205273937398494789</CreatorId>' +
        '<ResourceTags></ResourceTags><IsPreset>true</IsPreset></Instance>' +
        '<Instance><InstanceId>b</InstanceId>' +
        '<ResourceTags><ResourceTag><Key>age</Key><Value>20</Value></ResourceTag></ResourceTags></Instance>' +
        '</Instances><TotalCount>2</TotalCount><PageNumber>1</PageNumber><PageSize>10</PageSize></ListInstancesResponse>',
    );
    seed();
    expect((await list([], xml)).body).toContain('<Instances></Instances><TotalCount>0</TotalCount>');
  });

  it('keeps every digit of a 64-bit id, copies unknown fields and null, and leaves missing fields out', async () => {
    seed({
      InstanceId: 'a',
      CreatorId: 205273937398494789n,
      ResourceTags: null,
      NluProfile: { AgentId: 'x' },
    });
    expect((await list()).body).toContain(
      '"Instances":[{"InstanceId":"a","CreatorId":205273937398494789,"ResourceTags":null,"NluProfile":{"AgentId":"x"}}]',
    );
  });

  it('answers the whole list in pages, each instance once and in order of addition', async () => {
    const all = emulator.instances.list().map(({ InstanceId }) => InstanceId);
    const pages = await Promise.all(
      [1, 2, 3, 4].map((page) =>
        ids([
          ['PageNumber', String(page)],
          ['PageSize', '20'],
        ]),
      ),
    );
    expect(pages.map((page) => page.ids.length)).toEqual([20, 20, 20, 0]);
    expect(pages.flatMap((page) => page.ids)).toEqual(all);
    expect(pages[1]).toMatchObject({ TotalCount: 60, PageNumber: 2, PageSize: 20 });
  });

  it('answers the first page of ten by default', async () => {
    const page = await ids();
    expect(page).toMatchObject({ TotalCount: 60, PageNumber: 1, PageSize: 10 });
    expect(page.ids).toHaveLength(10);
    expect(page.ids[0]).toBe(sampleId);
  });

  it.each<[readonly Parameter[], string[]]>([
    [[], ['a', 'b', 'c', 'd']],
    [[['Name', 'Call']], ['a', 'b']],
    [[['Name', 'call']], ['c']],
    [[['Name', '']], ['a', 'b', 'c', 'd']],
    [[['ResourceGroupId', 'rg-1']], ['a']],
    [[['ResourceGroupId', 'rg']], []],
    [[['Tag.1.Key', 'env']], ['a', 'b']],
    [
      [
        ['Tag.1.Key', 'env'],
        ['Tag.1.Value', ''],
      ],
      ['a', 'b'],
    ],
    [
      [
        ['Tag.1.Key', 'env'],
        ['Tag.1.Value', 'test'],
      ],
      ['b'],
    ],
    [
      [
        ['Tag.2.Key', 'team'],
        ['Tag.5.Key', 'env'],
        ['Tag.5.Value', 'prod'],
      ],
      ['a'],
    ],
    [
      [
        ['Tag.1.Key', 'env'],
        ['Tag.2.Key', 'env'],
        ['Tag.2.Value', 'nope'],
      ],
      [],
    ],
    [[['Tag.0.Value', 'ignored']], ['a', 'b', 'c', 'd']],
    [
      [
        ['Name', 'Call'],
        ['Tag.1.Key', 'env'],
        ['Tag.1.Value', 'test'],
      ],
      ['b'],
    ],
  ])('with %j lists the instances %j', async (query, expected) => {
    const tag = (Key: string, Value: string) => ({ Key, Value });
    seed(
      {
        InstanceId: 'a',
        InstanceName: 'First Call',
        ResourceGroupId: 'rg-1',
        ResourceTags: [tag('env', 'prod'), tag('team', 'care')],
      },
      { InstanceId: 'b', InstanceName: 'Call', ResourceGroupId: 'rg-10', ResourceTags: [tag('env', 'test')] },
      { InstanceId: 'c', InstanceName: 'recall', ResourceTags: null },
      { InstanceId: 'd', InstanceName: null },
    );
    expect(await ids(query)).toEqual({
      ids: expected,
      TotalCount: expected.length,
      PageNumber: 1,
      PageSize: 10,
    });
  });

  it.each([
    ['PageNumber', '0', 'InvalidParameter', 'PageNumber'],
    ['PageNumber', 'x', 'InvalidParameter', 'PageNumber'],
    ['PageNumber', '9007199254740993', 'InvalidParameter', 'PageNumber'],
    ['PageSize', '0', 'InvalidParameter', 'PageSize'],
    ['PageSize', '101', 'InvalidParameter', 'PageSize is not valid: use an integer from 1 to 100.'],
    ['PageSize', '1.5', 'InvalidParameter', 'PageSize'],
    ['PageSize', '-1', 'InvalidParameter', 'PageSize'],
    ['Tag.3.Value', 'x', 'MissingTag.3.Key', 'Tag.3.Key is mandatory for this action.'],
  ])('refuses the parameter %s with the value "%s" by %s', async (name, value, code, message) => {
    const answer = await list([[name, value]]);
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body)).toMatchObject({ Code: code, Message: expect.stringContaining(message) });
  });

  it.each(['GET', 'POST'] as const)('is read by %s under signature V1', async (method) => {
    const parameters = v1Parameters(
      { endpoint, method },
      { Action: 'ListInstances', InstanceId: undefined, 'Tag.1.Key': 'env', PageSize: '2' },
    );
    const answer = await sendV1(endpoint, parameters, method);
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body)).toMatchObject({ Instances: [{}, {}], PageNumber: 1, PageSize: 2 });
    expect(emulator.calls.list()).toMatchObject([{ action: 'ListInstances', instanceId: null, method }]);
  });

  it('is affected by a fault for its action, and by none for an instance', async () => {
    emulator.faults.add([
      { kind: 'hang', instanceId: sampleId },
      { kind: 'error', code: 'Throttling.User', action: 'ListInstances' },
    ]);
    const answer = await list();
    expect([answer.status, answer.body]).toEqual([400, expect.stringContaining('"Throttling.User"')]);
  });

  it('answers null for Instances when an instance fault says so in its envelope', async () => {
    const envelope = { Instances: null, TotalCount: 0 };
    emulator.faults.add({ kind: 'instance', instance: undefined, envelope, action: 'ListInstances' });
    expect((await list()).body).toMatch(/,"Success":true,"Instances":null,"TotalCount":0\}$/);
    expect((await list([], xml)).body).toContain(
      '</Success><TotalCount>0</TotalCount></ListInstancesResponse>',
    );
  });

  it('gives smaller pages than asked for under a paging fault, and counts pages in that size', async () => {
    emulator.faults.add({ kind: 'paging', maxPageSize: 7 });
    const all = emulator.instances.list().map(({ InstanceId }) => InstanceId);
    const second = await ids([
      ['PageNumber', '2'],
      ['PageSize', '20'],
    ]);
    expect(second).toEqual({ ids: all.slice(7, 14), TotalCount: 60, PageNumber: 2, PageSize: 7 });
    expect(await ids([['PageSize', '3']])).toMatchObject({ ids: all.slice(0, 3), PageSize: 3 });
  });

  it('leaves the members out that a paging fault omits', async () => {
    const omit = ['TotalCount', 'PageNumber', 'PageSize'] as const;
    emulator.faults.add({ kind: 'paging', omit, times: 2 });
    expect((await list([['PageSize', '1']])).body).toMatch(/"MaxConcurrentConversation":4\}\]\}$/);
    expect((await list([], xml)).body).toContain('</Instances></ListInstancesResponse>');
    expect(await ids()).toMatchObject({ TotalCount: 60, PageNumber: 1, PageSize: 10 });
  });

  it('ignores the page number under a paging fault, and then answers all instances or the first page', async () => {
    emulator.faults.add([
      { kind: 'paging', ignorePageNumber: true, times: 1 },
      { kind: 'paging', ignorePageNumber: true, maxPageSize: 2 },
    ]);
    const all = emulator.instances.list().map(({ InstanceId }) => InstanceId);
    expect(await ids([['PageNumber', '5']])).toEqual({
      ids: all,
      TotalCount: 60,
      PageNumber: 1,
      PageSize: 60,
    });
    const expected = { ids: all.slice(0, 2), TotalCount: 60, PageNumber: 1, PageSize: 2 };
    expect(await ids([['PageNumber', '5']])).toEqual(expected);
  });

  it('does not use up a paging fault by a call of another action', async () => {
    emulator.faults.add({ kind: 'paging', maxPageSize: 1, times: 1 });
    expect((await sendV3({ endpoint })).status).toBe(200);
    expect(emulator.faults.list()).toHaveLength(1);
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
