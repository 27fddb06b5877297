import supertest from 'supertest';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { type Emulator, startEmulator } from './start-emulator.js';
import { sampleId, sendV3 } from './testing/signed-request.js';

let emulator: Emulator;
let steer: ReturnType<typeof supertest>;

beforeEach(async () => {
  emulator = await startEmulator();
  steer = supertest(emulator.url);
});

afterEach(() => emulator.close());

/** Sends the body as text, since supertest would write an object with JSON.stringify and lose digits. */
function post(path: string, body: string) {
  return steer.post(path).type('json').send(body);
}

describe('steering of instances', () => {
  it('adds an instance with every digit, lists it, and removes it', async () => {
    const fields = '{"OwnerName":null,"CreatorId":205273937398494789,"NluProfile":{"SecretKey":"canary"}}';
    const put = await steer.put('/_emulator/instances/new').type('json').send(fields);
    expect(put.status).toBe(200);
    expect(put.text).toBe(`{"InstanceId":"new",${fields.slice(1)}`);
    const served = await sendV3({ endpoint: emulator.endpoint, query: [['InstanceId', 'new']] });
    expect(served.body).toContain(`"Instance":${put.text}`);
    const list = await steer.get('/_emulator/instances');
    expect(list.body).toHaveLength(61);
    expect(list.text).toContain('205273937398494789');
    expect((await steer.delete('/_emulator/instances/new')).status).toBe(204);
    expect(emulator.instances.get('new')).toBeUndefined();
  });

  it('accepts a long id in the path and another InstanceId in the body', async () => {
    const id = 'a'.repeat(500);
    await steer.put(`/_emulator/instances/${id}`).send({ InstanceId: 'b' }).expect(200);
    expect(emulator.instances.get(id)).toEqual({ InstanceId: 'b' });
  });

  it('accepts a JSON body with the content type of a form, which curl -d sends', async () => {
    await steer
      .put('/_emulator/instances/a')
      .type('form')
      .send('{"OwnerName":"x"}')
      .expect(200, { InstanceId: 'a', OwnerName: 'x' });
  });

  it('accepts tags and the mark of a preset, and serves them in lists only', async () => {
    const fields = '{"ResourceTags":[{"Key":"env","Value":"test"}],"IsPreset":true}';
    await steer.put('/_emulator/instances/tagged').type('json').send(fields).expect(200);
    const query = [['InstanceId', 'tagged']] as const;
    const described = await sendV3({ endpoint: emulator.endpoint, query });
    expect(described.body).toContain('"Instance":{"InstanceId":"tagged"}}');
    const list = await steer.get('/_emulator/instances');
    expect(list.text).toContain(`{"InstanceId":"tagged",${fields.slice(1)}`);
  });

  it.each([
    ['{"OwnerName":1}', 'The instance: OwnerName must be a string, null, or left out. To script'],
    ['{"ResourceTags":"env"}', 'The instance: ResourceTags must be a list of tags, such as'],
    ['{"IsPreset":"true"}', 'The instance: IsPreset must be true, false, null, or left out.'],
    ['{"InstanceId":null}', 'The instance: InstanceId must be a string that is not empty.'],
    ['[]', 'The instance must be a JSON object'],
    ['', 'The instance must be a JSON object'],
    ['{', 'The body must be JSON: '],
  ])('refuses the instance %s and says what to change', async (body, message) => {
    const answer = await steer.put('/_emulator/instances/a').type('json').send(body);
    expect(answer.status).toBe(400);
    expect((answer.body as { message: string }).message).toContain(message);
  });

  it('answers 404 when the instance to delete does not exist', async () => {
    await steer
      .delete('/_emulator/instances/gone')
      .expect(404, { message: 'There is no instance gone to delete.' });
  });
});

describe('steering of faults', () => {
  it('accepts one fault or a list, lists the remaining calls, and clears the faults', async () => {
    await post('/_emulator/faults', '{"kind":"hang","instanceId":"x","times":2}').expect(201);
    const added = await post(
      '/_emulator/faults',
      '[{"kind":"truncate"},{"kind":"error","code":"A","times":1}]',
    );
    expect(added.body).toEqual([
      { kind: 'hang', instanceId: 'x', times: 2, remaining: 2 },
      { kind: 'truncate', remaining: null },
      { kind: 'error', code: 'A', times: 1, remaining: 1 },
    ]);
    expect((await steer.get('/_emulator/faults')).body).toEqual(added.body);
    await steer.delete('/_emulator/faults').expect(204);
    expect(emulator.faults.list()).toEqual([]);
  });

  it('keeps every digit of a scripted instance', async () => {
    await post('/_emulator/faults', '{"kind":"instance","instance":{"CreatorId":205273937398494789}}');
    const answer = await sendV3({ endpoint: emulator.endpoint });
    expect(answer.body).toContain('"Instance":{"CreatorId":205273937398494789}');
  });

  it.each([
    '{"kind":"error","code":"A","status":503,"message":"m","inBand":true,"retryAfter":"5","format":"xml","contentType":"text/plain","extra":{"a":1}}',
    '{"kind":"latency","ms":5,"delayMs":5}',
    '{"kind":"hang","times":1,"instanceId":"a"}',
    '{"kind":"hang","action":"DescribeInstance"}',
    '{"kind":"quota","calls":1,"windowMs":5,"action":"DescribeInstance","instanceId":"a"}',
    '{"kind":"trickle","intervalMs":5,"headers":true}',
    '{"kind":"reset","when":"mid-body"}',
    '{"kind":"truncate"}',
    '{"kind":"body","status":302,"contentType":"","body":"","headers":{"location":"/"}}',
    '{"kind":"huge","bytes":5,"status":500,"contentLength":true}',
    '{"kind":"instance","instance":null,"envelope":{"Code":"x"}}',
    '{"kind":"paging","maxPageSize":5,"ignorePageNumber":true,"omit":["TotalCount","PageNumber","PageSize"],"times":1,"delayMs":5}',
    '{"kind":"paging","action":"ListInstances"}',
  ])('accepts the fault %s unchanged', async (fault) => {
    await post('/_emulator/faults', fault).expect(201);
    const [added] = emulator.faults.list();
    expect(added).toMatchObject(JSON.parse(fault) as object);
  });

  it.each([
    ['{"kind":"nope"}', 'Fault 0: kind must be one of error, latency, hang, trickle, reset, truncate'],
    ['{}', "Fault 0: must have required property 'kind'."],
    ['{"kind":"error"}', "Fault 0: must have required property 'code'."],
    ['[{"kind":"hang"},{"kind":"hang","tims":1}]', 'Fault 1: remove the unknown field "tims".'],
    ['{"kind":"hang","times":"2"}', 'Fault 0/times: must be integer.'],
    ['{"kind":"hang","times":0}', 'Fault 0/times: must be >= 1.'],
    [
      '{"kind":"hang","action":"NoSuchAction"}',
      'Fault 0/action: must be one of DescribeInstance, ListInstances.',
    ],
    ['{"kind":"forget","afterMs":1,"action":"DescribeInstance"}', 'remove the unknown field "action"'],
    ['{"kind":"reset","when":"later"}', 'Fault 0/when: must be one of before-headers, mid-body.'],
    ['{"kind":"latency","ms":1.5}', 'Fault 0/ms: must be integer.'],
    ['{"kind":"body","status":101}', 'Fault 0/status: must be >= 200.'],
    ['{"kind":"body","headers":{"a b":"c"}}', 'Fault 0/headers: '],
    ['{"kind":"body","headers":{"a":"c\\nd"}}', 'Fault 0/headers/a: must match pattern'],
    [
      '{"kind":"paging","omit":["Instances"]}',
      'Fault 0/omit/0: must be one of TotalCount, PageNumber, PageSize.',
    ],
    ['{"kind":"paging","maxPageSize":0}', 'Fault 0/maxPageSize: must be >= 1.'],
    ['{"kind":"paging","action":"DescribeInstance"}', 'Fault 0/action: must be one of ListInstances.'],
    ['{"kind":"paging","instanceId":"a"}', 'Fault 0: remove the unknown field "instanceId".'],
    ['{"kind":"instance"}', "Fault 0: must have required property 'instance'."],
    ['[]', 'The body: must NOT have fewer than 1 items.'],
    ['"hang"', 'The body must be a fault or a list of faults.'],
    ['', 'The body must be a fault or a list of faults.'],
    ['not json', 'The body must be JSON: '],
  ])('refuses the fault %s and says what to change', async (body, message) => {
    const answer = await post('/_emulator/faults', body);
    expect(answer.status).toBe(400);
    expect((answer.body as { message: string }).message).toContain(message);
    expect(emulator.faults.list()).toEqual([]);
  });
});

describe('steering of calls and of the whole emulator', () => {
  it('counts the calls of the API only, and sets the counts to zero', async () => {
    await sendV3({ endpoint: emulator.endpoint });
    const calls = await steer.get('/_emulator/calls');
    expect(calls.body).toMatchObject({
      total: 1,
      byInstance: { [sampleId]: 1 },
      byAction: { DescribeInstance: 1 },
      calls: [{ instanceId: sampleId }],
    });
    await steer.delete('/_emulator/calls').expect(204);
    expect(emulator.calls.count()).toBe(0);
  });

  it('counts the calls of a list by action and under no instance', async () => {
    const headers = { 'x-acs-action': 'ListInstances' };
    await sendV3({ endpoint: emulator.endpoint, query: [], headers });
    await sendV3({ endpoint: emulator.endpoint, query: [['PageSize', '0']], headers });
    const calls = await steer.get('/_emulator/calls');
    expect(calls.body).toMatchObject({ total: 2, byInstance: {}, byAction: { ListInstances: 2 } });
  });

  it('restores the instances of the start and removes all faults and recorded API calls on reset', async () => {
    emulator.instances.put({ InstanceId: 'a' });
    emulator.faults.add({ kind: 'hang', instanceId: 'b' });
    await sendV3({ endpoint: emulator.endpoint });
    await steer.post('/_emulator/reset').expect(204);
    expect([emulator.instances.list().length, emulator.faults.list(), emulator.calls.count()]).toEqual([
      60,
      [],
      0,
    ]);
  });

  it('answers the health check', () => steer.get('/_emulator/health').expect(200, { status: 'ok' }));

  it('lists its routes when the path is unknown', async () => {
    const answer = await steer.get('/_emulator/nope');
    expect(answer.status).toBe(404);
    expect((answer.body as { message: string }).message).toContain('POST, GET and DELETE /_emulator/faults');
  });
});
