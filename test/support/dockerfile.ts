import { chmod, cp, mkdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';

/** A built stage of a Dockerfile: its files, and how to start the program in them. */
export interface Image {
  /** The local folder that stands for `/` of the image. */
  readonly root: string;
  workdir: string;
  readonly env: Record<string, string>;
  user?: string;
  stopSignal?: string;
  entrypoint?: string[];
  healthcheck?: string[];
}

interface Stage {
  readonly name: string;
  readonly base: string;
  readonly steps: readonly Step[];
}

interface Step {
  readonly instruction: string;
  readonly flags: Readonly<Record<string, string>>;
  readonly rest: string;
}

/**
 * Builds the stages of a Dockerfile in folders, without a container engine. The base image, which only an engine could
 * fetch, is an empty folder, and the caller runs the `RUN` steps. It supports only the instructions that our Dockerfile
 * uses, and throws for any other, such as the shell form of `ENTRYPOINT`.
 */
export class DockerBuild {
  private readonly stages: readonly Stage[];
  private readonly built = new Map<string, Promise<Image>>();

  /**
   * @param dockerfile the text of the Dockerfile
   * @param context the folder that `COPY` reads
   * @param folder an empty folder for the images
   * @param run is called with the command of each `RUN` step
   */
  constructor(
    dockerfile: string,
    private readonly context: string,
    private readonly folder: string,
    private readonly run: (command: string) => void,
  ) {
    this.stages = parse(dockerfile);
  }

  /** @param target the name of the stage; by default the last one */
  build(target = this.stages.at(-1)?.name ?? ''): Promise<Image> {
    const built = this.built.get(target) ?? this.make(target);
    this.built.set(target, built);
    return built;
  }

  private async make(target: string): Promise<Image> {
    const image: Image = { root: join(this.folder, target), workdir: '/', env: {} };
    await mkdir(image.root);
    for (const step of this.stepsOf(target)) await this.apply(step, image);
    return image;
  }

  /** The steps of the stage, after those of its base stages. */
  private stepsOf(name: string): readonly Step[] {
    const stage = this.stages.find((candidate) => candidate.name === name);
    return stage ? [...this.stepsOf(stage.base), ...stage.steps] : [];
  }

  private async apply({ instruction, flags, rest }: Step, image: Image): Promise<void> {
    switch (instruction) {
      case 'WORKDIR':
        image.workdir = rest;
        await mkdir(join(image.root, rest), { recursive: true });
        return;
      case 'ENV':
        for (const [, name = '', value = ''] of rest.matchAll(/(\w+)=(\S+)/g)) image.env[name] = value;
        return;
      case 'RUN':
        this.run(rest);
        return;
      case 'COPY':
        await this.copy(flags, rest.split(/\s+/), image);
        return;
      case 'USER':
        image.user = rest;
        return;
      case 'STOPSIGNAL':
        image.stopSignal = rest;
        return;
      case 'ENTRYPOINT':
        image.entrypoint = JSON.parse(rest) as string[];
        return;
      case 'HEALTHCHECK':
        image.healthcheck = JSON.parse(rest.replace(/^CMD /, '')) as string[];
        return;
      case 'EXPOSE':
        return;
      default:
        throw new Error(`DockerBuild does not support ${instruction}.`);
    }
  }

  private async copy(flags: Step['flags'], paths: string[], image: Image): Promise<void> {
    const stage = flags['from'];
    const from = stage === undefined ? this.context : (await this.build(stage)).root;
    const destination = paths.pop() ?? '';
    for (const source of paths) {
      const target = join(image.root, resolve(image.workdir, destination));
      const path = destination.endsWith('/') ? join(target, basename(source)) : target;
      await mkdir(dirname(path), { recursive: true });
      await cp(join(from, source), path, { recursive: true });
      if (flags['chmod'] !== undefined) await chmod(path, parseInt(flags['chmod'], 8));
    }
  }
}

function parse(dockerfile: string): Stage[] {
  const lines = dockerfile
    .replace(/^#.*\n/gm, '')
    .replace(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '');
  const stages: (Stage & { steps: Step[] })[] = [];
  for (const line of lines) {
    const [, instruction = '', flags = '', rest = ''] =
      /^([A-Z]+)\s+((?:--\S+\s+)*)(.*\S)\s*$/.exec(line) ?? [];
    if (instruction === 'FROM') {
      const [base = '', , name = ''] = rest.split(/\s+/);
      stages.push({ name, base, steps: [] });
    } else if (instruction !== 'ARG') {
      stages.at(-1)?.steps.push({ instruction, flags: parseFlags(flags), rest });
    }
  }
  return stages;
}

function parseFlags(flags: string): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [, name = '', value = ''] of flags.matchAll(/--([a-z-]+)=(\S+)/g)) result[name] = value;
  return result;
}

/**
 * Tells whether the build context has a path. It supports only a `.dockerignore` that first excludes everything, then
 * includes paths again (`!path`), then excludes names in any folder (`**` and a name).
 */
export function contextFilter(dockerignore: string): (path: string) => boolean {
  const [first, ...patterns] = dockerignore
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  if (first !== '*') throw new Error('contextFilter supports only a .dockerignore whose first line is "*".');
  const included = patterns.filter((pattern) => pattern.startsWith('!')).map((pattern) => pattern.slice(1));
  const excluded = patterns
    .filter((pattern) => pattern.startsWith('**/'))
    .map((pattern) => new RegExp(`^${pattern.slice(3).replaceAll('.', '\\.').replaceAll('*', '.*')}$`));
  if (included.length + excluded.length !== patterns.length)
    throw new Error('contextFilter supports only patterns that begin with "!" or "**/".');
  return (path) =>
    included.some(
      (entry) => path === entry || path.startsWith(`${entry}/`) || entry.startsWith(`${path}/`),
    ) && !path.split('/').some((name) => excluded.some((pattern) => pattern.test(name)));
}
