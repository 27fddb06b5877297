import { describe, expect, it } from 'vitest';

import { createGatewayClient } from './create-gateway-client.js';
import { readFacts } from './response-facts.js';
import { FakeClock } from './test-support/fake-clock.js';
import { answer, INSTANCE, page, useScriptedServer } from './test-support/scripted-server.js';

const factsOf = (headers: Record<string, string>) => readFacts(new Headers(headers));

describe('readFacts', () => {
  it('says of an answer without headers that it is new', () => {
    expect(factsOf({})).toStrictEqual({ ageS: 0, stale: false, requestId: null, remaining: null });
  });

  it.each([
    ['12', 12],
    ['0', 0],
    ['-1', null],
    ['soon', null],
  ])('reads Age: %s as %j', (age, ageS) => {
    expect(factsOf({ age }).ageS).toBe(ageS);
  });

  it.each([
    ['outboundbot-gateway; hit; ttl=3', false],
    ['outboundbot-gateway; hit; ttl=0', false],
    ['outboundbot-gateway; hit; ttl=-2', true],
    ['outboundbot-gateway;fwd=stale;ttl=-60', true],
    ['outboundbot-gateway; fwd=miss; collapsed', false],
    ['outboundbot-gateway; hit; ttl=-2, cdn.example.com; fwd=uri-miss', true],
    ['outboundbot-gateway; hit; detail="quoted \\"text\\"; ttl=-9"', false],
    ['outboundbot-gateway; hit; x-ttl=-9', false],
    ['outboundbot-gateway; hit; ttl=-', false],
  ])('with Cache-Status: %s, stale is %j', (value, stale) => {
    expect(factsOf({ 'cache-status': value }).stale).toBe(stale);
  });

  it.each([
    ['"caller";r=99;t=1', 99],
    ['"caller"; r=0; t=1', 0],
    ['"caller";r=99;t=1, "proxy";r=7', 7],
    ['"r=5";t=1', null],
    ['limit=100, remaining=50', null],
  ])('reads how many requests remain from RateLimit: %s', (value, remaining) => {
    expect(factsOf({ ratelimit: value }).remaining).toBe(remaining);
  });

  it('reads the request id', () => {
    expect(factsOf({ 'x-request-id': 'R1' }).requestId).toBe('R1');
  });
});

describe('the reads with facts', () => {
  const server = useScriptedServer();
  const start = () => createGatewayClient({ baseUrl: server.url, clock: new FakeClock() });
  const HEADERS = {
    'x-request-id': 'R1',
    age: '65',
    'cache-status': 'outboundbot-gateway; hit; ttl=-60',
    ratelimit: '"caller";r=99;t=1',
  };
  const FACTS = { ageS: 65, stale: true, requestId: 'R1', remaining: 99 };

  it('return an instance', async () => {
    server.script = [answer(200, HEADERS, JSON.stringify(INSTANCE))];
    expect(await start().getInstanceWithFacts('abc')).toStrictEqual({ data: INSTANCE, facts: FACTS });
  });

  it('return a page', async () => {
    server.script = [page([], {}, HEADERS)];
    expect(await start().listInstancesWithFacts()).toStrictEqual({
      data: { instances: [], total: 0, page: 1, pageSize: 20 },
      facts: FACTS,
    });
  });

  it('return the facts of a 304 with the remembered instance', async () => {
    server.script = [
      answer(200, { etag: '"1"', 'x-request-id': 'R0' }, JSON.stringify(INSTANCE)),
      answer(304, HEADERS),
    ];
    const client = start();
    await client.getInstanceWithFacts('abc');
    expect(await client.getInstanceWithFacts('abc')).toStrictEqual({ data: INSTANCE, facts: FACTS });
  });
});
