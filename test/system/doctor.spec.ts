import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { systemClock } from '@app/resilience';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';

import { checkRedis } from '../../apps/gateway/src/doctor/check-redis.js';
import { parseSettings } from '../../apps/gateway/src/settings/parse-settings.js';
import { type Emulator, startEmulator } from '../../apps/outboundbot-emulator/src/start-emulator.js';
import { findingsIn } from '../support/doctor.js';
import { KEY_VARIABLES, SAMPLE_ID } from '../support/gateway.js';
import { findProgram } from '../support/missing-programs.js';
import { GATEWAY, startProgram } from '../support/programs.js';
import { startRedisServer } from '../support/redis-server.js';
import { makeAuthority, makeCertificate, startTlsTerminator } from '../support/tls.js';

describe('the doctor as a program', () => {
  let emulator: Emulator;
  let folder: string;
  beforeAll(async () => {
    emulator = await startEmulator();
    folder = mkdtempSync(join(tmpdir(), 'doctor-'));
  });
  afterAll(async () => {
    await emulator.close();
    rmSync(folder, { recursive: true });
  });
  beforeEach(() => {
    emulator.reset();
  });

  function start(variables: Record<string, string> = {}, args: string[] = []) {
    const program = startProgram([GATEWAY, 'doctor', ...args], {
      OUTBOUNDBOT_ENDPOINT: emulator.endpoint,
      OUTBOUNDBOT_PROTOCOL: 'http',
      ...KEY_VARIABLES,
      ...variables,
    });
    onTestFinished(() => program.kill());
    return program;
  }

  async function consult(variables: Record<string, string> = {}, args: string[] = []) {
    const program = start(variables, args);
    const exitCode = await program.ended;
    return { exitCode, output: program.output(), findings: findingsIn(program.output()) };
  }

  it('exits with 0 when a gateway would work, without colours where there is no terminal', async () => {
    const { exitCode, output } = await consult();
    expect(output).toMatch(/\nA gateway with these settings works\.\n$/);
    expect(output).not.toContain('\u001b');
    expect(exitCode).toBe(0);
  });

  it('reads the given instance, and saves what it learned', async () => {
    const file = join(folder, 'learned.json');
    const { exitCode } = await consult({}, [SAMPLE_ID, '--save', file]);
    expect(exitCode).toBe(0);
    expect(Object.keys(JSON.parse(readFileSync(file, 'utf8')).actions)).toStrictEqual([
      'ListInstances',
      'DescribeInstance',
    ]);
    expect(emulator.calls.count(SAMPLE_ID)).toBeGreaterThan(1);
  });

  it('exits with 1 and says what to do when a permission is missing', async () => {
    emulator.faults.add({ kind: 'error', code: 'Forbidden.RAM', action: 'DescribeInstance' });
    const { exitCode, findings } = await consult();
    expect(exitCode).toBe(1);
    expect(findings['permission DescribeInstance']?.advice).toContain('Grant outboundbot:DescribeInstance');
  });

  it('names every wrong setting of the environment', async () => {
    const { exitCode, findings } = await consult({ PORT: 'canary', REDIS_URL: 'canary' });
    expect(exitCode).toBe(1);
    expect(findings['settings']?.advice).toMatch(/PORT must be[^\n]*\n[^\n]*REDIS_URL must be/);
  });

  it('ends with 1 at SIGTERM, so that it never counts as a success', async () => {
    emulator.faults.add({ kind: 'hang' });
    const program = start();
    await program.says(/^skip {2}tls/m);
    program.child.kill('SIGTERM');
    expect(await program.ended).toBe(1);
  });

  it('tells a certificate for another host, or one that has expired, from an unknown authority', async () => {
    const authority = await makeAuthority();
    const ca = join(folder, 'ca.pem');
    writeFileSync(ca, authority.cert);
    const consultWith = async (name: string, days: number) => {
      const certificate = await makeCertificate([name], { authority, days });
      const tls = await startTlsTerminator(certificate, Number(emulator.endpoint.split(':')[1]));
      onTestFinished(() => {
        tls.close();
      });
      return consult({
        OUTBOUNDBOT_ENDPOINT: `localhost:${tls.port}`,
        OUTBOUNDBOT_PROTOCOL: 'https',
        NODE_EXTRA_CA_CERTS: ca,
      });
    };
    const other = await consultWith('other.example.com', 30);
    expect(other.exitCode).toBe(1);
    expect(other.findings['tls']?.found).toBe('the certificate is for other.example.com, not for localhost');
    const expired = await consultWith('localhost', -1);
    expect(expired.findings['tls']?.found).toMatch(/^the certificate expired at \d{4}-/);
    const soon = await consultWith('localhost', 5);
    expect(soon.exitCode).toBe(0);
    expect(soon.findings['tls']).toMatchObject({
      status: 'warn',
      found: expect.stringMatching(/^TLSv1\.3, issued by Test authority, valid for [45] days$/),
    });
    expect(soon.findings['answer']?.status).toBe('ok');
  });
});

/** What docs/deployment.md allows the user of the gateway. */
const [, ACL_RULES = ''] = /ACL SETUSER gateway (.*)/.exec(readFileSync('docs/deployment.md', 'utf8')) ?? [];

describe('the doctor about Redis', () => {
  const redisServer = findProgram('redis-server');

  async function start(args: string[] = []) {
    const server = await startRedisServer(redisServer!, args);
    onTestFinished(() => server.stop());
    return server;
  }
  const check = (REDIS_URL: string) =>
    checkRedis(parseSettings({ REDIS_URL, REDIS_SECRET: 'a'.repeat(32) }), systemClock);

  it.skipIf(redisServer === undefined)('does what a gateway does, and leaves nothing behind', async () => {
    const { port } = await start(['--requirepass', 'canary']);
    const url = `redis://:canary@127.0.0.1:${port}`;
    expect(await check(url)).toMatchObject({
      status: 'ok',
      found: expect.stringMatching(/^connected in \d+ ms; 8 operations took \d+ ms each$/),
    });
    const client = new Redis(url);
    await expect.poll(() => client.dbsize()).toBe(0);
    client.disconnect();
  });

  it.skipIf(redisServer === undefined).each([
    [
      '+eval +set +get +del +info +select',
      /^does not work \(lock, set, get, count: NOPERM\)$/,
      'strlen, getrange, pttl, time, lpush',
    ],
    ['-set', /^does not work \(lock, set: NOPERM\)$/, 'commands in the ACL of Redis: set.'],
    ['-eval', /^does not work \(lock, set, get/, 'commands in the ACL of Redis: eval.'],
    ['-pttl', /^does not work \(lock: NOPERM\)$/, 'commands in the ACL of Redis: pttl.'],
    ['-lindex', /^does not work \(count: NOPERM\)$/, 'commands in the ACL of Redis: lindex.'],
    ['-getrange', /^does not work \(set, get: NOPERM\)$/, 'commands in the ACL of Redis: getrange.'],
  ])('names the commands that a user lacks whose rules end with %s', async (rules, found, advice) => {
    const { port, url } = await start();
    const admin = new Redis(url);
    const all = rules.startsWith('-') ? ACL_RULES : ACL_RULES.replace(/ \+.*/, '');
    await admin.acl('SETUSER', 'gateway', ...`${all} ${rules}`.split(' '));
    const finding = await check(`redis://gateway:password@127.0.0.1:${port}`);
    expect(finding).toMatchObject({ status: 'warn', found: expect.stringMatching(found) });
    expect(finding.advice?.[0]).toContain(advice);
    await expect.poll(() => admin.dbsize()).toBe(0);
    admin.disconnect();
  });

  it.skipIf(redisServer === undefined)('is content with the permissions in docs/deployment.md', async () => {
    const { port, url } = await start();
    const admin = new Redis(url);
    await admin.acl('SETUSER', 'gateway', ...ACL_RULES.split(' '));
    expect(await check(`redis://gateway:password@127.0.0.1:${port}`)).toMatchObject({ status: 'ok' });
    admin.disconnect();
  });

  it.skipIf(redisServer === undefined).each([
    [['--requirepass', 'canary'], ':wrong@', /WRONGPASS/, 'Check the user and the password'],
    [['--requirepass', 'canary'], '', /NOAUTH/, 'Check the user and the password'],
    [
      ['--user', 'default', 'on', 'nopass', '~other:*', '+@all'],
      '',
      /^does not work \(lock, set, get, count: NOPERM\)$/,
      'ACL',
    ],
    [
      ['--replicaof', '127.0.0.1', '1'],
      '',
      /^does not work \(lock.*: (READONLY|MASTERDOWN)\)$/,
      'REDIS_URL names a replica',
    ],
    [['--maxmemory', '1'], '', /^does not work \(lock, set: OOM\)$/, 'maxmemory'],
  ])('names the refusal of a Redis with %j', async (args, credentials, found, advice) => {
    const { port } = await start(args);
    const finding = await check(`redis://${credentials}127.0.0.1:${port}`);
    expect(finding).toMatchObject({ status: 'warn', found: expect.stringMatching(found) });
    expect(finding.advice?.[0]).toMatch(advice);
  });

  it.skipIf(redisServer === undefined)('does not wait long for one that is paused', async () => {
    const server = await start();
    server.pause();
    expect(await check(server.url)).toMatchObject({
      status: 'warn',
      found: expect.stringMatching(/timeout|no answer in time/) as string,
      advice: expect.arrayContaining([expect.stringContaining('REDIS_TIMEOUT_MS')]) as string[],
    });
  });
});
