import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

import openApiClient, { Config, OpenApiRequest, Params } from '@alicloud/openapi-client';
import { RuntimeOptions } from '@alicloud/tea-util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import {
  defaultKeyPair,
  type Emulator,
  startEmulator,
} from '../../apps/outboundbot-emulator/src/start-emulator.js';
import { describeInstanceCall } from '../../apps/outboundbot-emulator/src/testing/sdk-call.js';
import {
  type AccessKey,
  CredentialSource,
  providerFor,
} from '../../libs/outboundbot-client/src/credential-source.js';
import { CallOptions, RpcClient } from '../../libs/outboundbot-client/src/rpc-client.js';
import { SAMPLE_ID } from '../support/gateway.js';

/** One call, sent once by the SDK's transport and once by RpcClient. */
interface Call {
  readonly endpoint: string;
  readonly accessKey?: AccessKey;
  readonly query: Record<string, string>;
  /** A fixed nonce and date, so that the two calls can be compared. */
  readonly headers?: Record<string, string>;
}

const params = new Params({ ...describeInstanceCall, bodyType: 'binary' });

async function bySdk({ endpoint, accessKey = defaultKeyPair, query, headers }: Call): Promise<number> {
  const client = new openApiClient.default(new Config({ ...accessKey, endpoint, protocol: 'http' }));
  const answer = await client.callApi(params, new OpenApiRequest({ query, headers }), new RuntimeOptions({}));
  await once((answer['body'] as IncomingMessage).resume(), 'end');
  return answer['statusCode'] as number;
}

async function byRpcClient({ endpoint, accessKey = defaultKeyPair, query, headers }: Call): Promise<number> {
  const credentials = new CredentialSource(() => providerFor(accessKey));
  const client = new RpcClient({ endpoint, protocol: 'http', maxResponseBytes: 65_536 }, credentials);
  const options = new CallOptions(5000, () => undefined);
  const answer = await client.callApi(params, new OpenApiRequest({ query, headers }), options);
  client.close();
  return answer['status'] as number;
}

const SAME = {
  'x-acs-signature-nonce': '6c2b4e3d-7d13-4f5b-8a55-0d4f6c6f1d0e',
  'x-acs-date': '2026-01-02T03:04:05Z',
};

describe('the requests of RpcClient', () => {
  let endpoint: string;
  let requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request.resume());
    response.end('{}');
  });
  beforeAll(async () => {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    endpoint = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });

  async function bothWays(call: Omit<Call, 'endpoint'>): Promise<[IncomingMessage, IncomingMessage]> {
    requests = [];
    await bySdk({ endpoint, ...call });
    await byRpcClient({ endpoint, ...call });
    return requests as [IncomingMessage, IncomingMessage];
  }

  const temporaryKey = { accessKeyId: 'STS.abc', accessKeySecret: 'secret', securityToken: 'to/ken+==' };

  it.each([defaultKeyPair, temporaryKey])(
    "have the request line and headers of the SDK's own transport with the key %j",
    async (accessKey) => {
      const [sdk, ours] = await bothWays({ accessKey, query: { InstanceId: SAMPLE_ID }, headers: SAME });
      expect(ours.method).toBe(sdk.method);
      expect(ours.url).toBe(sdk.url);
      expect(ours.httpVersion).toBe(sdk.httpVersion);
      const { 'accept-encoding': coding, connection, ...rest } = ours.headers;
      const { connection: sdkConnection, ...sdkRest } = sdk.headers;
      expect(rest).toStrictEqual(sdkRest);
      expect(rest.authorization).toMatch(
        /^ACS3-HMAC-SHA256 Credential=.+,SignedHeaders=host;x-acs-.+,Signature=[0-9a-f]{64}$/,
      );
      expect([coding, connection, sdkConnection]).toStrictEqual(['identity', 'keep-alive', 'keep-alive']);
    },
  );

  it("have the URL and signature of the SDK's own transport for any parameters", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.stringMatching(/^[A-Za-z][A-Za-z0-9.]{0,10}$/), fc.string({ unit: 'grapheme' }), {
          minKeys: 1,
          maxKeys: 5,
        }),
        async (query) => {
          const [sdk, ours] = await bothWays({ query, headers: SAME });
          expect(ours.url).toBe(sdk.url);
          expect(ours.headers.authorization).toBe(sdk.headers.authorization);
        },
      ),
      { numRuns: 100, examples: [[{ a: "it's (all) *fine*!~", A: '' }]] },
    );
  });

  it('have a new nonce of 122 random bits in each call', async () => {
    requests = [];
    for (let n = 0; n < 20; n += 1) await byRpcClient({ endpoint, query: { InstanceId: 'a' } });
    const nonces = requests.map(({ headers }) => headers['x-acs-signature-nonce']);
    expect(new Set(nonces).size).toBe(20);
    for (const nonce of nonces)
      expect(nonce).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});

describe('the emulator', () => {
  const start = async (options = {}): Promise<Emulator> => {
    const emulator = await startEmulator(options);
    onTestFinished(() => emulator.close());
    return emulator;
  };

  it.each([SAMPLE_ID, "it's (all) *fine*!", 'a b+c&d=e/f~g', '實例', '\u{1F600}', '%', ' '])(
    'accepts the signature of the SDK\'s own transport and of RpcClient for the id "%s"',
    async (id) => {
      const now = () => Date.parse(SAME['x-acs-date']);
      const instances = [{ InstanceId: id }];
      // Two emulators, because one refuses a nonce that it has seen.
      const emulators = [await start({ now, instances }), await start({ now, instances })] as const;
      const call = { query: { InstanceId: id }, headers: SAME };
      expect(await bySdk({ ...call, endpoint: emulators[0].endpoint })).toBe(200);
      expect(await byRpcClient({ ...call, endpoint: emulators[1].endpoint })).toBe(200);
      const [bySdkSeen, byRpcClientSeen] = emulators.map(({ calls }) => calls.list());
      expect(byRpcClientSeen).toMatchObject([
        { signature: 'V3', method: 'POST', instanceId: id, accept: bySdkSeen![0]!.accept },
      ]);
    },
  );
});
