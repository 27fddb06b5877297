import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { systemClock } from '@app/resilience';
import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { runDoctor } from '../../apps/gateway/src/doctor/run-doctor.js';
import { parseSettings } from '../../apps/gateway/src/settings/parse-settings.js';
import { readSettings } from '../../apps/outboundbot-emulator/src/settings.js';
import {
  type Emulator,
  type EmulatorOptions,
  type Fault,
  startEmulator,
} from '../../apps/outboundbot-emulator/src/start-emulator.js';
import { KeyFile } from '../support/api-keys.js';
import { ConnectProxy } from '../support/connect-proxy.js';
import { findingsIn } from '../support/doctor.js';
import { KEY_VARIABLES, SAMPLE_ID } from '../support/gateway.js';
import { AUDIENCE, OpenIdProvider } from '../support/openid-provider.js';
import { freePort } from '../support/redis-server.js';
import { makeAuthority, makeCertificate, startTlsTerminator } from '../support/tls.js';

type Variables = Record<string, string>;

async function start(options: EmulatorOptions = {}): Promise<Emulator> {
  const emulator = await startEmulator(options);
  onTestFinished(() => emulator.close());
  return emulator;
}

function at(emulator: Emulator): Variables {
  return { OUTBOUNDBOT_ENDPOINT: emulator.endpoint, OUTBOUNDBOT_PROTOCOL: 'http', ...KEY_VARIABLES };
}

async function consult(variables: Variables, args: string[] = [], patienceMs = 10_000) {
  let output = '';
  const exitCode = await runDoctor(args, {
    loadSettings: () => Promise.resolve().then(() => parseSettings(variables)),
    clock: systemClock,
    patienceMs,
    write: (text) => (output += text),
    hasColours: false,
  });
  return { exitCode, output, findings: findingsIn(output) };
}

function instances(count: number): { InstanceId: string }[] {
  return Array.from({ length: count }, (_, number) => ({ InstanceId: `instance-${number}` }));
}

/** A folder for the files of a test. */
function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'doctor-'));
  onTestFinished(() => {
    rmSync(path, { recursive: true });
  });
  return path;
}

describe('the doctor, when a gateway would work', () => {
  it('exits with 0, finds nothing wrong, and shows neither the key nor a value of an instance', async () => {
    const emulator = await start();
    const { exitCode, output, findings } = await consult(at(emulator));
    expect(exitCode).toBe(0);
    expect(Object.values(findings).filter(({ status }) => status === 'warn' || status === 'fail')).toEqual(
      [],
    );
    expect(Object.keys(findings)).toStrictEqual([
      ...['settings', 'credentials', 'proxy', 'dns', 'tcp', 'tunnel', 'tls', 'answer', 'clock', 'signature'],
      ...['permission ListInstances', 'permission DescribeInstance', 'shape ListInstances'],
      ...[
        'shape DescribeInstance',
        'paging',
        'latency ListInstances',
        'latency DescribeInstance',
        'whole list',
      ],
      ...['redis', 'api keys', 'identity provider'],
    ]);
    expect(output).toMatch(/\nA gateway with these settings works\.\n$/);
    const { InstanceName, CreatorId } = emulator.instances.get(SAMPLE_ID)!;
    for (const value of [...Object.values(KEY_VARIABLES), SAMPLE_ID, InstanceName, CreatorId])
      expect(output).not.toContain(String(value));
  });

  it('tells how many digits CreatorId has, and that an instance of the given id has its shape', async () => {
    const emulator = await start({ instances: [{ InstanceId: 'a', CreatorId: 205273937398494789n }] });
    const { findings } = await consult(at(emulator), ['a']);
    expect(findings['shape DescribeInstance']?.found).toContain('CreatorId has 18 digits');
    expect(emulator.calls.count('a')).toBeGreaterThan(1);
  });

  it('asks for the permission of an account without instances', async () => {
    const { exitCode, findings } = await consult(at(await start({ instances: [] })));
    expect(exitCode).toBe(0);
    expect(findings['permission DescribeInstance']).toMatchObject({ status: 'ok', found: 'granted' });
    expect(findings['shape DescribeInstance']?.status).toBe('skip');
    expect(findings['paging']).toMatchObject({ status: 'skip', found: 'cannot be told from 0 instances' });
  });

  it('goes through the proxy, and shows it without its credentials', async () => {
    const [emulator, proxy] = [await start(), await ConnectProxy.start('user:canary')];
    onTestFinished(() => {
      proxy.close();
    });
    const variables = { ...at(emulator), HTTP_PROXY: `http://user:canary@${proxy.host}` };
    const { exitCode, output, findings } = await consult(variables);
    expect(exitCode).toBe(0);
    expect(findings['proxy']?.found).toBe(`HTTP_PROXY applies: http://${proxy.host}`);
    expect(findings['tunnel']?.status).toBe('ok');
    expect(output).not.toContain('canary');

    const direct = await consult({ ...variables, NO_PROXY: '127.0.0.1' });
    expect(direct.findings['proxy']?.found).toMatch(/^none: NO_PROXY names the endpoint/);
    expect((await consult({ ...at(emulator), HTTPS_PROXY: 'http://h:1' })).findings['proxy']).toMatchObject({
      status: 'warn',
      advice: expect.stringContaining('set HTTP_PROXY too') as string,
    });
  });

  it('fetches the keys of the identity provider, and reads the file of API keys', async () => {
    const [emulator, provider] = [await start(), await OpenIdProvider.start()];
    onTestFinished(() => provider.pause());
    const file = join(folder(), 'keys.json');
    writeFileSync(file, '[]', { mode: 0o600 });
    const { exitCode, findings } = await consult({
      ...at(emulator),
      AUTH_MODE: 'jwt,api-key',
      AUTH_JWT_ISSUER: provider.issuer,
      AUTH_JWT_AUDIENCE: AUDIENCE,
      AUTH_API_KEYS_FILE: file,
    });
    expect(exitCode).toBe(0);
    expect(findings['identity provider']?.found).toMatch(/^metadata and keys fetched in \d+ ms$/);
    expect(findings['api keys']).toMatchObject({ status: 'warn', advice: expect.stringMatching(/no key/) });
  });

  it('accepts a valid key file, and warns when every user may read it', async () => {
    const [emulator, file] = [await start(), new KeyFile()];
    onTestFinished(() => {
      file.delete();
    });
    file.add('canary', '*');
    file.write();
    const variables = { ...at(emulator), AUTH_MODE: 'api-key', AUTH_API_KEYS_FILE: file.path };
    const { exitCode, output, findings } = await consult(variables);
    expect(exitCode).toBe(0);
    expect(findings['api keys']).toMatchObject({ status: 'ok', found: 'the file is valid' });
    expect(output).not.toContain('canary');

    chmodSync(file.path, 0o644);
    const exposed = await consult(variables);
    expect(exposed.exitCode).toBe(0);
    expect(exposed.findings['api keys']).toMatchObject({
      status: 'warn',
      advice: expect.stringMatching(/permissions are unsafe: every user may read it/),
    });
  });

  it('reads a list of several pages to its end', async () => {
    const emulator = await start({ instances: instances(250) });
    const { exitCode, findings } = await consult(at(emulator));
    expect(exitCode).toBe(0);
    expect(findings['whole list']).toMatchObject({
      status: 'ok',
      found: expect.stringMatching(/^250 instances on 3 pages in \d+ ms$/) as string,
    });
  });

  it.each([[['a', 'b']], [['--unknown']], [['bad/id']], [['x'.repeat(65)]], [['']]])(
    'explains its arguments and exits with 2 for %j',
    async (args) => {
      const { exitCode, output } = await consult({}, args);
      expect(exitCode).toBe(2);
      expect(output).toMatch(/^Usage: doctor \[instance id\] \[--save FILE\]/);
    },
  );
});

/** What is wrong, the step that says so, what it found, and what to do. */
interface Case {
  readonly faults?: readonly Fault[];
  readonly variables?: Variables;
  readonly args?: string[];
  readonly emulator?: EmulatorOptions;
  readonly step: string;
  readonly status?: string;
  readonly found: RegExp;
  readonly advice: RegExp;
}

const envelope = { TotalCount: 1, PageNumber: 1, PageSize: 100 };

const CASES: Record<string, Case> = {
  'a setting that is wrong': {
    variables: { PORT: 'x', LOG_LEVEL: 'x', AUTH_API_KEY_FILE: 'x' },
    step: 'settings',
    found: /^2 are wrong$/,
    advice: /PORT must be.*\n.*LOG_LEVEL must be.*\n.*AUTH_API_KEY_FILE: The gateway has no setting/,
  },
  'settings that contradict each other': {
    variables: { UPSTREAM_DEADLINE_MS: '1000' },
    step: 'settings',
    status: 'warn',
    found: /^all valid, 1 doubtful$/,
    advice: /UPSTREAM_ATTEMPT_TIMEOUT_MS: .*make it shorter/,
  },
  'a host that does not exist': {
    variables: { OUTBOUNDBOT_ENDPOINT: 'no-such-host.invalid', OUTBOUNDBOT_PROTOCOL: 'https' },
    step: 'dns',
    found: /no-such-host\.invalid/,
    advice: /Check OUTBOUNDBOT_ENDPOINT for a typing error/,
  },
  'a name inside a VPC that cannot be resolved': {
    variables: { OUTBOUNDBOT_ENDPOINT: 'outboundbot-vpc.invalid', OUTBOUNDBOT_PROTOCOL: 'https' },
    step: 'dns',
    found: /outboundbot-vpc\.invalid/,
    advice: /A -vpc name resolves only inside a VPC/,
  },
  'a proxy that does not run': {
    variables: { HTTP_PROXY: 'http://127.0.0.1:1' },
    step: 'tcp',
    found: /^the proxy refuses connections on port 1 /,
    advice: /check the host and the port in HTTPS_PROXY or HTTP_PROXY/,
  },
  'a port that does not speak TLS': {
    variables: { OUTBOUNDBOT_PROTOCOL: 'https' },
    step: 'tls',
    found: /^no TLS connection \((EPROTO|ERR_SSL_\w+)\)$/,
    advice: /The port does not speak TLS/,
  },
  'an unknown access key id': {
    variables: { ALIBABA_CLOUD_ACCESS_KEY_ID: 'wrong' },
    step: 'signature',
    found: /^the service does not know the access key id \(InvalidAccessKeyId\.NotFound\)$/,
    advice: /Check ALIBABA_CLOUD_ACCESS_KEY_ID/,
  },
  'a wrong secret': {
    variables: { ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'wrong' },
    step: 'signature',
    found: /^the access key secret does not belong to the access key id/,
    advice: /Check ALIBABA_CLOUD_ACCESS_KEY_SECRET/,
  },
  'a disabled access key': {
    faults: [{ kind: 'error', code: 'InvalidAccessKeyId.Inactive' }],
    step: 'signature',
    found: /^the access key is disabled/,
    advice: /Enable it in the RAM console/,
  },
  'an expired STS token': {
    faults: [{ kind: 'error', code: 'InvalidSecurityToken.Expired' }],
    step: 'signature',
    found: /^the STS token is expired/,
    advice: /Get a new temporary key/,
  },
  'a clock that is 20 minutes behind': {
    emulator: { now: () => Date.now() + 20 * 60_000 },
    step: 'clock',
    found: /^too far off .* 15 minutes: 20 min behind the service$/,
    advice: /Synchronise the clock .*NTP/,
  },
  'a clock that is 5 minutes ahead': {
    emulator: { now: () => Date.now() - 5 * 60_000 },
    step: 'clock',
    status: 'warn',
    found: /^5 min ahead of the service$/,
    advice: /NTP/,
  },
  'no permission for the list': {
    faults: [{ kind: 'error', code: 'Forbidden.RAM', action: 'ListInstances' }],
    step: 'permission ListInstances',
    found: /^not granted \(Forbidden\.RAM\)$/,
    advice: /Grant outboundbot:ListInstances to .*\n.*OUTBOUNDBOT_RESOURCE_GROUP_ID/,
  },
  'no permission for one instance': {
    faults: [{ kind: 'error', code: 'Forbidden.RAM', action: 'DescribeInstance' }],
    step: 'permission DescribeInstance',
    found: /^not granted \(Forbidden\.RAM\)$/,
    advice: /Grant outboundbot:DescribeInstance and outboundbot:GetInstance to/,
  },
  'a failure inside an answer with HTTP 200': {
    faults: [{ kind: 'error', code: 'NoPermission', inBand: true, action: 'DescribeInstance' }],
    step: 'permission DescribeInstance',
    found: /^not granted \(NoPermission, inside an answer with HTTP 200\)$/,
    advice: /Grant outboundbot:DescribeInstance/,
  },
  'an endpoint of another product': {
    faults: [{ kind: 'error', code: 'InvalidApi.NotFound' }],
    step: 'permission ListInstances',
    found: /^this endpoint does not know the action \(InvalidApi\.NotFound\)$/,
    advice: /OUTBOUNDBOT_ENDPOINT is the host of another product/,
  },
  'a call that is refused for another reason': {
    faults: [{ kind: 'error', code: 'InvalidParameter', action: 'DescribeInstance' }],
    step: 'permission DescribeInstance',
    found: /^the service refuses the call \(InvalidParameter\)$/,
    advice: /docs\/upstream-errors\.md/,
  },
  throttling: {
    faults: [{ kind: 'error', code: 'Throttling.User' }],
    step: 'permission ListInstances',
    found: /^the service throttles this account \(Throttling\.User\)$/,
    advice: /quota of the account/,
  },
  'a service that fails': {
    faults: [{ kind: 'error', code: 'InternalError', action: 'ListInstances' }],
    step: 'permission ListInstances',
    found: /^the service failed \(InternalError\), request id [0-9A-F-]{36}$/,
    advice: /file a ticket with the request id/,
  },
  'an instance that does not exist': {
    args: ['no-such-instance'],
    step: 'shape DescribeInstance',
    status: 'warn',
    found: /^the service knows no instance with this id$/,
    advice: /Check the id/,
  },
  'an instance that is in the list only': {
    faults: [{ kind: 'error', code: 'NotExist.Instance', action: 'DescribeInstance' }],
    step: 'shape DescribeInstance',
    found: /^the service lists an instance, but knows none with its id$/,
    advice: /DescribeInstance/,
  },
  'an HTML page instead of JSON': {
    faults: [{ kind: 'body', contentType: 'text/html', body: '<!DOCTYPE html><p>Sign in</p>' }],
    step: 'answer',
    found: /^HTTP 200, an HTML page instead of JSON$/,
    advice: /Another server answers .*\n.*Check OUTBOUNDBOT_ENDPOINT/,
  },
  'an HTML page for one action': {
    faults: [{ kind: 'body', body: '<html></html>', status: 502, action: 'DescribeInstance' }],
    step: 'permission DescribeInstance',
    found: /^HTTP 502, an HTML page instead of JSON$/,
    advice: /Another server answers/,
  },
  'a redirect': {
    faults: [{ kind: 'body', status: 302, headers: { location: 'http://127.0.0.1:1/' } }],
    step: 'answer',
    found: /^HTTP 302, a redirect instead of JSON$/,
    advice: /Another server answers/,
  },
  'a connection that breaks': {
    faults: [{ kind: 'reset' }],
    step: 'answer',
    found: /^no answer \((ECONNRESET|connection closed)\)$/,
    advice: /The connection broke before an answer came/,
  },
  'missing fields': {
    emulator: { instances: [{ InstanceId: 'a', InstanceName: 'x', CreatorId: null }] },
    step: 'shape DescribeInstance',
    status: 'warn',
    found: /^missing: InstanceDescription, MaxConcurrentConversation.*; null: CreatorId/,
    advice: /answers null for a missing field/,
  },
  'an answer without an id': {
    faults: [{ kind: 'instance', instance: { InstanceName: 'x' }, action: 'DescribeInstance' }],
    step: 'shape DescribeInstance',
    found: /^the gateway cannot use the answer: Instance\.InstanceId is missing$/,
    advice: /--save/,
  },
  'an answer about another instance': {
    faults: [{ kind: 'instance', instance: { InstanceId: 'canary' }, action: 'DescribeInstance' }],
    step: 'shape DescribeInstance',
    found: /^the answer is about another instance/,
    advice: /A cache or a proxy/,
  },
  'Booleans and integers as text, an unknown field, and secrets': {
    faults: [
      {
        kind: 'instance',
        action: 'ListInstances',
        instance: undefined,
        envelope: {
          ...envelope,
          Success: 'true',
          Instances: [
            {
              InstanceId: 'canary',
              IsPreset: 'false',
              CreationTime: '17',
              Owner: 1,
              NluProfile: { SecretKey: 'canary', Endpoint: null },
            },
          ],
        },
      },
    ],
    args: [SAMPLE_ID],
    step: 'shape ListInstances',
    status: 'warn',
    found:
      /CreationTime as integer in a string; IsPreset as boolean in a string; not documented: Owner, NluProfile; secrets in NluProfile: SecretKey$/,
    advice: /The gateway drops them/,
  },
  'a list that ignores its paging': {
    faults: [{ kind: 'paging', ignorePageNumber: true, omit: ['TotalCount', 'PageNumber', 'PageSize'] }],
    step: 'paging',
    status: 'warn',
    found: /^PageSize is ignored; PageNumber is ignored; missing: TotalCount, PageNumber, PageSize$/,
    advice: /The gateway reads the list all the same/,
  },
  'a list whose further pages cannot be read': {
    faults: [{ kind: 'paging', ignorePageNumber: true, maxPageSize: 20 }],
    step: 'paging',
    found: /^PageNumber is ignored; a page has 20 instances at most$/,
    advice: /only the instances of the first page/,
  },
  'a list that is slower than an attempt may be': {
    variables: { UPSTREAM_ATTEMPT_TIMEOUT_MS: '100' },
    faults: [{ kind: 'latency', ms: 150, action: 'ListInstances' }],
    step: 'latency ListInstances',
    found: /^\d+ ms, the median of 3 calls: longer than UPSTREAM_ATTEMPT_TIMEOUT_MS \(100\)$/,
    advice: /Raise UPSTREAM_ATTEMPT_TIMEOUT_MS to \d+ or more, and UPSTREAM_DEADLINE_MS \(5000\) above it/,
  },
  'an instance that is slower than an attempt may be': {
    variables: { UPSTREAM_ATTEMPT_TIMEOUT_MS: '100' },
    faults: [{ kind: 'latency', ms: 150, action: 'DescribeInstance' }],
    step: 'latency DescribeInstance',
    found: /^\d+ ms, the median of 3 calls: longer than UPSTREAM_ATTEMPT_TIMEOUT_MS \(100\)$/,
    advice: /Raise UPSTREAM_ATTEMPT_TIMEOUT_MS to \d+ or more/,
  },
  'a deadline that ends before an attempt may': {
    variables: { UPSTREAM_DEADLINE_MS: '100' },
    faults: [{ kind: 'latency', ms: 150, action: 'DescribeInstance' }],
    step: 'latency DescribeInstance',
    found: /: longer than UPSTREAM_DEADLINE_MS \(100\)$/,
    advice: /^-> Raise UPSTREAM_DEADLINE_MS to \d+ or more/,
  },
  'a list that cannot be read to its end within the deadline': {
    variables: { UPSTREAM_DEADLINE_MS: '400', UPSTREAM_ATTEMPT_TIMEOUT_MS: '300' },
    emulator: { instances: instances(500) },
    faults: [{ kind: 'latency', ms: 100, action: 'ListInstances' }],
    step: 'whole list',
    found: /^500 instances on 5 pages in \d+ ms: longer than UPSTREAM_DEADLINE_MS \(400\)$/,
    advice: /Raise UPSTREAM_DEADLINE_MS to \d+ or more.*\n.*OUTBOUNDBOT_RESOURCE_GROUP_ID/,
  },
  'a list with more instances than the gateway may read': {
    variables: { LIST_MAX_INSTANCES: '200' },
    emulator: { instances: instances(500) },
    step: 'shape ListInstances',
    found: /^the list has more than 200 instances \(LIST_MAX_INSTANCES\)$/,
    advice: /^-> Raise LIST_MAX_INSTANCES\.$/,
  },
  'a list that is longer than the gateway may read, which only its last page tells': {
    variables: { LIST_MAX_INSTANCES: '200' },
    emulator: { instances: instances(250) },
    faults: [{ kind: 'paging', omit: ['TotalCount'] }],
    step: 'whole list',
    found: /^page 3: the list has more than 200 instances \(LIST_MAX_INSTANCES\)$/,
    advice: /^-> Raise LIST_MAX_INSTANCES\.$/,
  },
  'an answer that is larger than the gateway may read': {
    variables: { UPSTREAM_MAX_RESPONSE_BYTES: '2000' },
    emulator: { instances: instances(100) },
    step: 'answer',
    found: /^the gateway refuses the answer: larger than UPSTREAM_MAX_RESPONSE_BYTES$/,
    advice: /^-> Raise UPSTREAM_MAX_RESPONSE_BYTES\.$/,
  },
  'an answer with headers that are too large': {
    faults: [{ kind: 'body', body: '{}', headers: { 'x-large': 'x'.repeat(20_000) } }],
    step: 'answer',
    found: /^the gateway refuses the answer: headers too large$/,
    advice: /Another server answers in place of the service/,
  },
  'a Redis that does not run': {
    variables: { REDIS_URL: 'redis://:canary@127.0.0.1:1' },
    step: 'redis',
    status: 'warn',
    found: /^does not work \([a-z, ]+: refused\)$/,
    advice: /check the host and the port in REDIS_URL/,
  },
  'an identity provider that does not run': {
    variables: { AUTH_MODE: 'jwt', AUTH_JWT_ISSUER: 'http://127.0.0.1:1', AUTH_JWT_AUDIENCE: 'a' },
    step: 'identity provider',
    found: /^its metadata and keys cannot be fetched \(ECONNREFUSED\)$/,
    advice: /Check AUTH_JWT_ISSUER/,
  },
  'a file of API keys that does not exist': {
    variables: { AUTH_MODE: 'api-key', AUTH_API_KEYS_FILE: join(tmpdir(), 'no-such-folder', 'keys.json') },
    step: 'api keys',
    found: /^AUTH_API_KEYS_FILE is invalid: it cannot be read \(ENOENT\)$/,
    advice: /npm run api-key/,
  },
};

describe('the doctor names the cause and what to do', () => {
  it.each(Object.entries(CASES))('for %s', async (_what, wanted) => {
    const { faults = [], variables = {}, args = [], status = 'fail' } = wanted;
    const emulator = await start(wanted.emulator);
    emulator.faults.add(faults);
    const { exitCode, output, findings } = await consult({ ...at(emulator), ...variables }, args);
    expect(findings[wanted.step]).toMatchObject({ status });
    expect(findings[wanted.step]?.found).toMatch(wanted.found);
    expect(findings[wanted.step]?.advice).toMatch(wanted.advice);
    expect(exitCode).toBe(status === 'fail' ? 1 : 0);
    expect(output).not.toMatch(/canary|emulator-key-(id|secret)/);
  });

  it('for a port that nothing listens on, and skips what needs it', async () => {
    const emulator = await start();
    const endpoint = `127.0.0.1:${await freePort()}`;
    const { exitCode, findings } = await consult({ ...at(emulator), OUTBOUNDBOT_ENDPOINT: endpoint });
    expect(exitCode).toBe(1);
    expect(findings['tcp']?.found).toMatch(/^the service refuses connections on port \d+ \(ECONNREFUSED\)$/);
    expect(findings['tcp']?.advice).toContain('OUTBOUNDBOT_ENDPOINT');
    expect(findings['latency ListInstances']).toMatchObject({ status: 'skip', found: 'needs tcp' });
    expect(findings['redis']?.status).toBe('skip');
  });

  it('for a service that answers nothing', async () => {
    const emulator = await start();
    emulator.faults.add({ kind: 'hang' });
    const variables = { ...at(emulator), UPSTREAM_ATTEMPT_TIMEOUT_MS: '100' };
    const { findings } = await consult(variables, [], 200);
    expect(findings['answer']).toMatchObject({ status: 'fail', found: 'no answer in time' });
  });

  it.each([
    [{ refusal: 407 }, /asks for credentials/, /Put the user and the password into the URL/],
    [{ refusal: 403 }, /refuses a tunnel to the service \(403\)/, /rules of the proxy/],
    [{ isAbrupt: true }, /opens no tunnel \(ECONNRESET\)/, /Check that an HTTP proxy listens there/],
  ])('for a proxy with %o', async (behaviour, found, advice) => {
    const [emulator, proxy] = [await start(), Object.assign(await ConnectProxy.start(), behaviour)];
    onTestFinished(() => {
      proxy.close();
    });
    const { exitCode, findings } = await consult({ ...at(emulator), HTTP_PROXY: `http://${proxy.host}` });
    expect(exitCode).toBe(1);
    expect(findings['tunnel']?.found).toMatch(found);
    expect(findings['tunnel']?.advice).toMatch(advice);
  });

  it('for a certificate of an unknown authority', async () => {
    const emulator = await start();
    const certificate = await makeCertificate(['localhost'], { authority: await makeAuthority() });
    const tls = await startTlsTerminator(certificate, Number(emulator.endpoint.split(':')[1]));
    onTestFinished(() => {
      tls.close();
    });
    const { exitCode, findings } = await consult({
      ...KEY_VARIABLES,
      OUTBOUNDBOT_ENDPOINT: `localhost:${tls.port}`,
    });
    expect(exitCode).toBe(1);
    expect(findings['tls']?.found).toMatch(
      /^the certificate is issued by Test authority, which is not trusted/,
    );
    expect(findings['tls']?.advice).toContain('NODE_EXTRA_CA_CERTS');
  });

  it('for missing credentials, with the reason of each provider', async () => {
    const emulator = await start();
    vi.stubEnv('ALIBABA_CLOUD_ECS_METADATA_DISABLED', 'true');
    vi.stubEnv('ALIBABA_CLOUD_CREDENTIALS_FILE', join(folder(), 'none'));
    vi.stubEnv('HOME', folder());
    vi.stubEnv('ALIBABA_CLOUD_ROLE_ARN', 'canary');
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    const { endpoint } = emulator;
    const { exitCode, output, findings } = await consult({
      OUTBOUNDBOT_ENDPOINT: endpoint,
      OUTBOUNDBOT_PROTOCOL: 'http',
    });
    expect(exitCode).toBe(1);
    expect(findings['credentials']?.advice.split('\n').slice(1)).toStrictEqual([
      '-> environment: ALIBABA_CLOUD_ACCESS_KEY_ID is not set',
      '-> OIDC token (RRSA): ALIBABA_CLOUD_OIDC_PROVIDER_ARN is not set',
      '-> CLI profile: there is no ~/.aliyun/config.json that can be read',
      '-> credentials file: there is no credentials file that can be read (ENOENT)',
      '-> ECS RAM role: ALIBABA_CLOUD_ECS_METADATA_DISABLED turns it off',
      '-> credentials URI: ALIBABA_CLOUD_CREDENTIALS_URI is not set',
    ]);
    expect(findings['tcp']?.status).toBe('ok');
    expect(findings['answer']).toMatchObject({ status: 'skip', found: 'needs credentials' });
    expect(output).not.toContain('canary');
  });

  it('for a provider of the chain that gives the key: the others before it', async () => {
    const emulator = await start();
    const file = join(folder(), 'credentials');
    const { ALIBABA_CLOUD_ACCESS_KEY_ID: id, ALIBABA_CLOUD_ACCESS_KEY_SECRET: secret } = KEY_VARIABLES;
    writeFileSync(
      file,
      `[default]\ntype = access_key\naccess_key_id = ${id}\naccess_key_secret = ${secret}\n`,
    );
    vi.stubEnv('ALIBABA_CLOUD_CREDENTIALS_FILE', file);
    vi.stubEnv('HOME', folder());
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    const { endpoint } = emulator;
    const { exitCode, findings } = await consult({
      OUTBOUNDBOT_ENDPOINT: endpoint,
      OUTBOUNDBOT_PROTOCOL: 'http',
    });
    expect(exitCode).toBe(0);
    expect(findings['credentials']?.found).toMatch(
      /^an access key from credentials file, its id ends in y-id \(not environment: .* is not set; not OIDC/,
    );
  });
});

describe('what the doctor saves', () => {
  async function learnFrom(faults: readonly Fault[], options: EmulatorOptions = {}) {
    const emulator = await start(options);
    emulator.faults.add(faults);
    const file = join(folder(), 'learned.json');
    const original = await consult(at(emulator), ['--save', file]);
    const { learned } = readSettings({ EMULATOR_LEARNED_FILE: file });
    const imitation = await start({ learned: learned! });
    return { original, imitation, text: readFileSync(file, 'utf8'), again: await consult(at(imitation)) };
  }

  const instance = {
    InstanceId: SAMPLE_ID,
    InstanceName: 'canary',
    CreatorId: 205273937398494789n,
    CreationTime: '1578469042851',
    ResourceGroupId: null,
    NluProfile: { SecretKey: 'canary', AgentId: null },
    Extra: { canary: 'canary' },
  };
  const ODD: Fault[] = [
    {
      kind: 'instance',
      action: 'DescribeInstance',
      instance,
      envelope: { Success: 'true', HttpStatusCode: '200' },
      delayMs: 60,
    },
    { kind: 'paging', maxPageSize: 20, omit: ['TotalCount'] },
  ];

  it('has no value of the service, and an emulator with the file is diagnosed as the service was', async () => {
    const { original, text, again } = await learnFrom(ODD);
    expect(text).not.toMatch(/canary|205273937398494789|1578469042851|90515b5|emulator-key/);
    expect(original.findings['shape DescribeInstance']?.status).toBe('warn');
    expect(original.findings['paging']).toMatchObject({
      status: 'warn',
      found: 'a page has 20 instances at most; missing: TotalCount',
    });
    for (const step of ['answer', 'shape DescribeInstance', 'shape ListInstances', 'paging'])
      expect(again.findings[step], step).toStrictEqual(original.findings[step]);
    const ms = Number.parseInt(again.findings['latency DescribeInstance']?.found ?? '');
    expect(ms).toBeGreaterThanOrEqual(55);
    expect(again.exitCode).toBe(0);
  });

  it.each<[string, Fault]>([
    ['permission DescribeInstance', { kind: 'error', code: 'Forbidden.RAM', action: 'DescribeInstance' }],
    [
      'permission ListInstances',
      { kind: 'error', code: 'NoPermission', inBand: true, action: 'ListInstances' },
    ],
    ['answer', { kind: 'body', contentType: 'text/html', body: '<html></html>' }],
    [
      'shape DescribeInstance',
      { kind: 'instance', instance: { InstanceId: 'other' }, action: 'DescribeInstance' },
    ],
  ])('repeats a failure of %s', async (step, fault) => {
    const { original, again } = await learnFrom([fault]);
    expect(original.findings[step]?.status).toBe('fail');
    expect(again.findings[step]).toStrictEqual(original.findings[step]);
    expect(again.exitCode).toBe(1);
  });

  it('has the names of headers, which the emulator then sends too', async () => {
    const { text, imitation } = await learnFrom([
      {
        kind: 'body',
        action: 'ListInstances',
        headers: { 'x-front-end': 'canary', 'x-acs-trace-id': 'canary' },
        body: JSON.stringify({ Success: true, Code: 'OK', Instances: [{ InstanceId: 'a' }] }),
      },
    ]);
    expect(text).not.toContain('canary');
    const file = join(folder(), 'again.json');
    await consult(at(imitation), ['--save', file]);
    const { actions } = JSON.parse(readFileSync(file, 'utf8'));
    expect(actions.ListInstances.headerNames).toEqual(
      expect.arrayContaining(['x-front-end', 'x-acs-trace-id']),
    );
  });

  it.each<[string, Variables]>([
    [
      'the host does not exist',
      { OUTBOUNDBOT_ENDPOINT: 'no-such-host.invalid', OUTBOUNDBOT_PROTOCOL: 'https' },
    ],
    ['the service answers nothing', {}],
    ['a setting is wrong', { PORT: 'x' }],
  ])('is nothing when %s: the file stays as it was', async (_, variables) => {
    const emulator = await start();
    emulator.faults.add({ kind: 'reset' });
    const file = join(folder(), 'learned.json');
    writeFileSync(file, 'from before');
    const { exitCode, findings } = await consult({ ...at(emulator), ...variables }, ['--save', file]);
    expect(exitCode).toBe(1);
    expect(findings['save']).toMatchObject({
      status: 'skip',
      found: 'nothing was learned about the service: the file is not written',
    });
    expect(readFileSync(file, 'utf8')).toBe('from before');
  });

  it('is a failure if the file cannot be written', async () => {
    const { exitCode, findings } = await consult(at(await start()), [
      '--save',
      join(folder(), 'none', 'file'),
    ]);
    expect(exitCode).toBe(1);
    expect(findings['save']?.found).toBe('the file cannot be written (ENOENT)');
  });
});
