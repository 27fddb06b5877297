import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { satisfies } from 'semver';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import { type Image, ImageBuilder } from '../support/container-images.js';
import { KEY_VARIABLES, SAMPLE_ID } from '../support/gateway.js';
import { findProgram } from '../support/missing-programs.js';
import type { Program } from '../support/programs.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const DOCKERFILE = join(ROOT, 'deploy/Dockerfile');

const defaultOf = (argument: string): string =>
  new RegExp(`^ARG ${argument}=(\\S+)$`, 'm').exec(readFileSync(DOCKERFILE, 'utf8'))?.[1] ?? '';

it('the Node.js of the image that builds satisfies every package that is installed', () => {
  const [, version = ''] = /:(\d+\.\d+\.\d+)-/.exec(defaultOf('BUILD_IMAGE')) ?? [];
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { engines?: { node?: string } }>;
  };
  const ranges = Object.entries(packages).flatMap(([name, { engines }]) =>
    engines?.node === undefined ? [] : [[name, engines.node] as const],
  );
  expect(ranges.length).toBeGreaterThan(100);
  expect(ranges.filter(([, range]) => !satisfies(version, range))).toStrictEqual([]);
});

/** Whether buildah is installed and may be used: it gets its root file systems from mounts. */
function canBuild(): boolean {
  const isRoot = process.getuid?.() === 0;
  if (!isRoot && process.env['CI'] === 'true')
    throw new Error('CI=true, and only root can build images: the tests that need it must not be skipped.');
  return findProgram('buildah') !== undefined && isRoot;
}

describe.skipIf(!canBuild())('the images', () => {
  let gateway: Image;
  let emulator: Image;

  beforeAll(async () => {
    const builder = await ImageBuilder.create();
    try {
      await builder.makeBaseImages(defaultOf('BUILD_IMAGE'), defaultOf('RUNTIME_IMAGE'));
      gateway = await builder.build(DOCKERFILE, ROOT, 'gateway');
      emulator = await builder.build(DOCKERFILE, ROOT, 'emulator');
    } catch (error) {
      await builder.close();
      throw error;
    }
    return () => builder.close();
  }, 600_000);

  function start(image: Image, env: Record<string, string>, command?: readonly string[]): Program {
    const program = image.start(env, command);
    onTestFinished(() => program.kill());
    return program;
  }

  async function startEmulator(env: Record<string, string> = {}): Promise<string> {
    const program = start(emulator, { EMULATOR_PORT: '0', ...env });
    const [, port = ''] = await program.says(/emulator on http:\S+:(\d+)/);
    return port;
  }

  async function startReady(env: Record<string, string> = {}): Promise<{ program: Program; port: string }> {
    const program = start(gateway, {
      ...KEY_VARIABLES,
      PORT: '0',
      METRICS_PORT: '0',
      AUTH_MODE: 'none',
      OUTBOUNDBOT_ENDPOINT: `127.0.0.1:${await startEmulator()}`,
      OUTBOUNDBOT_PROTOCOL: 'http',
      SHUTDOWN_DRAIN_MS: '0',
      ...env,
    });
    const [, port = ''] = await program.says(/"url":"http:[^"]+:(\d+)","msg":"ready"/);
    return { program, port };
  }

  /** The exit code of the health check. */
  function healthOf(image: Image, env: Record<string, string>): Promise<unknown> {
    const [kind, ...command] = image.config.Healthcheck.Test;
    expect(kind).toBe('CMD');
    return start(image, env, command).ended;
  }

  it('contain the bundle and the health check, and no packages', () => {
    for (const [{ root, config }, app] of [
      [gateway, 'gateway'],
      [emulator, 'outboundbot-emulator'],
    ] as const) {
      const workdir = join(root, config.WorkingDir);
      expect(readdirSync(workdir).sort()).toStrictEqual(['dist', 'healthcheck.mjs']);
      expect(readdirSync(join(workdir, 'dist'))).toStrictEqual([app]);
      expect(readdirSync(join(workdir, 'dist', app))).toEqual(
        expect.arrayContaining(['LICENSES.txt', 'main.mjs']),
      );
      expect(readdirSync(workdir, { recursive: true }).join()).not.toContain('node_modules');
    }
  });

  it('run Node.js directly, as an unprivileged user, with NODE_ENV=production', () => {
    for (const { config } of [gateway, emulator]) {
      expect(config.Entrypoint[0]).toBe('node');
      expect(config.User).toBe('65532:65532');
      expect(config.Env).toContain('NODE_ENV=production');
      expect(config.StopSignal).toBe('SIGTERM');
    }
    expect(gateway.config.Env.join()).not.toContain('AUTH_MODE');
  });

  it('have only files that their user may not change', () => {
    for (const { root, config } of [gateway, emulator]) {
      const workdir = join(root, config.WorkingDir);
      for (const path of ['', ...(readdirSync(workdir, { recursive: true }) as string[])]) {
        const { uid, gid, mode } = statSync(join(workdir, path));
        expect([path, uid, gid, mode & 0o022]).toStrictEqual([path, 0, 0, 0]);
      }
    }
  });

  it('are started here with a root file system that cannot be written to', async () => {
    const attempt = `
      const { writeFileSync } = require('node:fs');
      for (const path of ['/tmp/new', '/app/new', '/app/dist/gateway/main.mjs'])
        try { writeFileSync(path, ''); } catch ({ code }) { console.log(code); }
      console.log(process.getuid(), process.getgid(), process.getgroups().join());`;
    const program = start(gateway, {}, ['node', '-e', attempt]);
    expect(await program.ended).toBe(0);
    expect(program.output()).toBe('EROFS\nEROFS\nEROFS\n65532 65532 65532\n');
  });

  it('serve an instance and the documents, and stop on SIGTERM', async () => {
    const { program, port } = await startReady();
    const response = await fetch(`http://127.0.0.1:${port}/instances/${SAMPLE_ID}`);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ instanceId: SAMPLE_ID });
    for (const path of ['/docs', '/docs/swagger-ui-bundle.js', '/openapi.json', '/openapi.yaml', '/problems'])
      expect((await fetch(`http://127.0.0.1:${port}${path}`)).status).toBe(200);
    expect(await healthOf(gateway, { PORT: port })).toBe(0);

    program.child.kill('SIGTERM');
    expect(await program.ended).toBe(0);
    expect(await healthOf(gateway, { PORT: port })).toBe(1);
  });

  it.each(['127.0.0.2', '::', '::1'])('check the health of a gateway that listens on %s', async (HOST) => {
    const { port } = await startReady({ HOST });
    expect(await healthOf(gateway, { HOST, PORT: port })).toBe(0);
  });

  it('check the health of an emulator on any port', async () => {
    const EMULATOR_PORT = await startEmulator();
    expect(await healthOf(emulator, { EMULATOR_PORT })).toBe(0);
    expect(await healthOf(emulator, { EMULATOR_PORT, EMULATOR_HOST: '127.0.0.3' })).toBe(0);
    expect(await healthOf(emulator, { EMULATOR_PORT: '9' })).toBe(1);
  });

  it('do not start while AUTH_MODE is not set', async () => {
    const program = start(gateway, { ...KEY_VARIABLES, PORT: '0', METRICS_PORT: '0' });
    expect(await program.ended).toBe(1);
    expect(program.output()).toContain('AUTH_MODE must be set');
  });
});
