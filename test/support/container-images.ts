import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { type Program, watchProgram } from './programs.js';

const execute = promisify(execFile);

/** What an engine reads from an image to start a container. */
interface ImageConfig {
  readonly User: string;
  readonly Env: readonly string[];
  readonly Entrypoint: readonly string[];
  readonly WorkingDir: string;
  readonly StopSignal: string;
  readonly Healthcheck: { readonly Test: readonly string[] };
}

/** A built image. */
export interface Image {
  readonly config: ImageConfig;
  /** The folder of this machine that is `/` of a container. */
  readonly root: string;
  /** Starts a command in a container; by default the entry point. */
  start(env?: Record<string, string>, command?: readonly string[]): Program;
}

/**
 * Starts a command with a root file system that is read-only, as a user without capabilities and without a way to get
 * any. The network is that of this machine. The command keeps the id of this shell, so that it gets its signals.
 */
const ENTER = `
  root=$1 workdir=$2 uid=$3 gid=$4
  shift 4
  mount --bind "$root" "$root"
  mount -t proc proc "$root/proc"
  mount -o remount,bind,ro "$root"
  exec setpriv --no-new-privs --bounding-set=-all,+sys_chroot,+setuid,+setgid \\
    unshare --root="$root" --wd="$workdir" --setuid="$uid" --setgid="$gid" "$@"
`;

/** Builds images with buildah, which needs no daemon. Needs root. */
export class ImageBuilder {
  private constructor(private readonly folder: string) {}

  static async create(): Promise<ImageBuilder> {
    return new ImageBuilder(await mkdtemp(join(tmpdir(), 'images-')));
  }

  /**
   * Makes base images of this machine's Node.js and C library, under the names of the Dockerfile, since no registry is
   * asked. What they have in common with the real ones: where Node.js is, and what else is missing.
   */
  async makeBaseImages(build: string, runtime: string): Promise<void> {
    await this.commit(runtime, async (root) => {
      for (const path of ['proc', 'tmp']) await mkdir(join(root, path));
      await copyNode(root, '/nodejs/bin/node');
    });
    const { stdout: modules } = await execute('npm', ['root', '--global']);
    const authorities = process.env['NODE_EXTRA_CA_CERTS'];
    await this.commit(
      build,
      async (root) => {
        await mkdir(join(root, 'tmp'));
        await copyNode(root, '/usr/local/bin/node');
        for (const program of ['sh', 'env']) await copyProgram(root, program, `/usr/bin/${program}`);
        await symlink('usr/bin', join(root, 'bin'));
        await copy(join(modules.trim(), 'npm'), join(root, 'usr/local/lib/node_modules/npm'));
        await symlink('../lib/node_modules/npm/bin/npm-cli.js', join(root, 'usr/local/bin/npm'));
        await mkdir(join(root, 'etc'));
        await writeFile(join(root, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n');
        // Where a proxy inspects TLS, npm needs the proxy's authority in the container too.
        if (authorities !== undefined) await copy(authorities, join(root, 'etc/authorities.pem'));
      },
      {
        PATH: '/usr/local/bin:/usr/bin:/bin',
        ...(authorities !== undefined && { NODE_EXTRA_CA_CERTS: '/etc/authorities.pem' }),
      },
    );
  }

  /** Builds a stage. A second stage reuses what the first one has built. */
  async build(dockerfile: string, context: string, target: string): Promise<Image> {
    await this.buildah(
      ...['build', '--isolation', 'chroot', '--pull-never', '--layers', '--format', 'docker'],
      ...['--file', dockerfile, '--target', target, '--tag', target, context],
    );
    const container = await this.buildah('from', '--pull-never', `localhost/${target}`);
    const { Docker } = JSON.parse(await this.buildah('inspect', '--type', 'image', target)) as {
      Docker: { config: ImageConfig };
    };
    const config = Docker.config;
    const root = await this.buildah('mount', container);
    const [uid = '', gid = ''] = config.User.split(':');
    return {
      config,
      root,
      start: (env = {}, command = config.Entrypoint) =>
        watchProgram(
          'unshare',
          ['--mount', 'sh', '-euc', ENTER, 'sh', root, config.WorkingDir, uid, gid, ...command],
          { ...Object.fromEntries(config.Env.map(assignment)), ...env },
        ),
    };
  }

  async close(): Promise<void> {
    await this.buildah('rm', '--all');
    await rm(this.folder, { recursive: true, force: true });
  }

  private async commit(
    name: string,
    fill: (root: string) => Promise<void>,
    env: Record<string, string> = {},
  ): Promise<void> {
    const container = await this.buildah('from', 'scratch');
    await fill(await this.buildah('mount', container));
    for (const [variable, value] of Object.entries(env))
      await this.buildah('config', '--env', `${variable}=${value}`, container);
    await this.buildah('commit', '--quiet', '--rm', container, name);
  }

  private async buildah(...args: string[]): Promise<string> {
    const { stdout } = await execute(
      'buildah',
      ['--root', join(this.folder, 'storage'), '--runroot', join(this.folder, 'run'), ...args],
      { env: { ...process.env, TMPDIR: this.folder }, maxBuffer: Infinity },
    );
    return stdout.trim();
  }
}

function assignment(text: string): [name: string, value: string] {
  const at = text.indexOf('=');
  return [text.slice(0, at), text.slice(at + 1)];
}

/** Node.js, and the whole C and C++ libraries: native packages need parts of these that Node.js does not. */
async function copyNode(root: string, path: string): Promise<void> {
  await copyProgram(root, process.execPath, path);
  const { stdout } = await execute('dpkg', ['--listfiles', 'libc6', 'libgcc-s1', 'libstdc++6']);
  for (const file of stdout.split('\n').filter((line) => /\/(ld-linux[^/]*|lib[^/]*)\.so\.\d+$/.test(line)))
    await copyLibrary(root, file);
}

async function copyProgram(root: string, program: string, path: string): Promise<void> {
  const { stdout: found } = await execute('which', [program]);
  await copy(found.trim(), join(root, path));
  const { stdout: libraries } = await execute('ldd', [found.trim()]);
  for (const [file] of libraries.matchAll(/\/\S+/g)) await copyLibrary(root, file);
}

/** The dynamic linker looks into both folders, and on some machines one is a link to the other. */
async function copyLibrary(root: string, file: string): Promise<void> {
  await copy(file, join(root, file.replace(/^\/usr\/lib/, '/lib')));
}

async function copy(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await cp(from, to, { recursive: true, dereference: true });
}
