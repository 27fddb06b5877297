import { execFile, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import { DockerBuild, type Image } from '../support/dockerfile.js';
import { KEY_VARIABLES, SAMPLE_ID } from '../support/gateway.js';
import { BUILD, type Program, startProgram } from '../support/programs.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const run = promisify(execFile);

/** Only root may start programs as another user. */
const isRoot = process.getuid?.() === 0;

// Needs no container engine: the steps of deploy/Dockerfile run in folders, and the result is started as a container
// would start it, but with the Node.js of this machine.
describe('the image of the Dockerfile', () => {
  const folder = mkdtempSync(join(tmpdir(), 'images-'));
  let gateway: Image;
  let emulator: Image;

  beforeAll(async () => {
    chmodSync(folder, 0o755);
    const images = join(folder, 'images');
    mkdirSync(images);
    const done = ['npm ci', 'npm run build'];
    // The build context is the build folder of this test run, which already has the packages and the bundles.
    const build = new DockerBuild(read('deploy/Dockerfile'), BUILD, images, (command) => {
      if (!done.includes(command)) throw new Error(`The build of this run has not run "${command}".`);
    });
    [gateway, emulator] = [await build.build(), await build.build('emulator')];
    await run('chmod', ['-R', 'a-w,a+rX', gateway.root, emulator.root]);
  }, 60_000);

  afterAll(async () => {
    if (!isRoot) await run('chmod', ['-R', 'u+w', folder]);
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  /** Starts the program of an image, on ports of this machine. */
  function start(image: Image, variables: Record<string, string>): Program {
    const [, ...args] = image.entrypoint ?? [];
    const program = startProgram(
      args,
      { ...image.env, ...variables },
      join(image.root, image.workdir),
      identityIn(image),
    );
    onTestFinished(() => program.kill());
    return program;
  }

  async function startEmulator(): Promise<string> {
    const program = start(emulator, { EMULATOR_PORT: '0' });
    const [, port = ''] = await program.says(/emulator on http:\S+:(\d+)/);
    return port;
  }

  async function startReady(
    variables: Record<string, string> = {},
  ): Promise<{ program: Program; port: string }> {
    const program = start(gateway, {
      ...KEY_VARIABLES,
      PORT: '0',
      METRICS_PORT: '0',
      AUTH_MODE: 'none',
      OUTBOUNDBOT_ENDPOINT: `127.0.0.1:${await startEmulator()}`,
      OUTBOUNDBOT_PROTOCOL: 'http',
      SHUTDOWN_DRAIN_MS: '0',
      ...variables,
    });
    const [, port = ''] = await program.says(/"url":"http:[^"]+:(\d+)","msg":"ready"/);
    return { program, port };
  }

  /** The exit code of the image's health check, against a port of this machine. */
  async function healthOf(image: Image, port: string): Promise<unknown> {
    const [, ...args] = image.healthcheck ?? [];
    const onPort = args.map((arg) => arg.replace(/:\d+\//, `:${port}/`));
    const workdir = join(image.root, image.workdir);
    return startProgram(onPort, { ...image.env, PORT: port }, workdir, identityIn(image)).ended;
  }

  it('contains the bundle and the health check, and no packages', () => {
    const filesIn = (image: Image, ...path: string[]) =>
      readdirSync(join(image.root, image.workdir, ...path)).sort();
    for (const [image, app] of [
      [gateway, 'gateway'],
      [emulator, 'outboundbot-emulator'],
    ] as const) {
      expect(filesIn(image)).toStrictEqual(['dist', 'healthcheck.mjs']);
      expect(filesIn(image, 'dist')).toStrictEqual([app]);
      expect(filesIn(image, 'dist', app)).toEqual(expect.arrayContaining(['LICENSES.txt', 'main.mjs']));
      expect(readdirSync(image.root, { recursive: true }).join()).not.toContain('node_modules');
    }
  });

  it('runs Node directly, as an unprivileged user, with NODE_ENV=production', () => {
    for (const { entrypoint, healthcheck, user, env, stopSignal } of [gateway, emulator]) {
      expect(entrypoint?.[0]).toBe('node');
      expect(healthcheck?.[0]).toBe('node');
      expect(user).toBe('65532:65532');
      expect(env['NODE_ENV']).toBe('production');
      expect(stopSignal).toBe('SIGTERM');
    }
    expect(Object.keys(gateway.env)).not.toContain('AUTH_MODE');
  });

  it('is not writable for the user that runs it', () => {
    const attempt = `require('node:fs').writeFileSync(process.argv[1], '')`;
    for (const path of ['new', 'dist/gateway/new', 'dist/gateway/main.mjs']) {
      const file = join(gateway.root, gateway.workdir, path);
      const { status, stderr } = spawnSync(process.execPath, ['-e', attempt, file], identityIn(gateway));
      expect(status).toBe(1);
      expect(stderr.toString()).toContain('EACCES');
    }
  });

  it('serves an instance, passes its health check, and stops on SIGTERM', async () => {
    const { program, port } = await startReady();
    const response = await fetch(`http://127.0.0.1:${port}/instances/${SAMPLE_ID}`);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ instanceId: SAMPLE_ID });
    for (const path of ['/docs', '/docs/swagger-ui-bundle.js', '/openapi.json', '/openapi.yaml', '/problems'])
      expect((await fetch(`http://127.0.0.1:${port}${path}`)).status).toBe(200);
    expect(await healthOf(gateway, port)).toBe(0);

    program.child.kill('SIGTERM');
    expect(await program.ended).toBe(0);
    expect(await healthOf(gateway, port)).toBe(1);
  });

  it('contains an emulator that passes its health check', async () => {
    expect(await healthOf(emulator, await startEmulator())).toBe(0);
  });

  it('does not start while AUTH_MODE is not set', async () => {
    const program = start(gateway, { ...KEY_VARIABLES, PORT: '0', METRICS_PORT: '0' });
    expect(await program.ended).toBe(1);
    expect(program.output()).toContain('AUTH_MODE must be set');
  });
});

/** The user of the image, if the tests may start programs as another user. */
function identityIn({ user = '' }: Image): { uid?: number; gid?: number } {
  const [uid, gid] = user.split(':').map(Number);
  return isRoot && uid !== undefined && gid !== undefined ? { uid, gid } : {};
}
