import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import {
  PrometheusRule,
  ServiceMonitor,
} from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1';
import { Deployment } from 'kubernetes-models/apps/v1';
import { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2';
import { Ingress, NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { ConfigMap, Namespace, Service, ServiceAccount } from 'kubernetes-models/v1';
import ts from 'typescript';

/** The members that every Kubernetes object has. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly labels?: Record<string, string>;
    readonly annotations?: Record<string, string>;
  };
}

/** The kinds that our manifests use, with the module that describes each. */
const SCHEMAS = {
  'apps/v1/Deployment': [Deployment, 'kubernetes-models/apps/v1'],
  'autoscaling/v2/HorizontalPodAutoscaler': [HorizontalPodAutoscaler, 'kubernetes-models/autoscaling/v2'],
  'monitoring.coreos.com/v1/ServiceMonitor': [
    ServiceMonitor,
    '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1',
  ],
  'monitoring.coreos.com/v1/PrometheusRule': [
    PrometheusRule,
    '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1',
  ],
  'networking.k8s.io/v1/Ingress': [Ingress, 'kubernetes-models/networking.k8s.io/v1'],
  'networking.k8s.io/v1/NetworkPolicy': [NetworkPolicy, 'kubernetes-models/networking.k8s.io/v1'],
  'policy/v1/PodDisruptionBudget': [PodDisruptionBudget, 'kubernetes-models/policy/v1'],
  'v1/ConfigMap': [ConfigMap, 'kubernetes-models/v1'],
  'v1/Namespace': [Namespace, 'kubernetes-models/v1'],
  'v1/Service': [Service, 'kubernetes-models/v1'],
  'v1/ServiceAccount': [ServiceAccount, 'kubernetes-models/v1'],
} as const;

function schemaOf({ apiVersion, kind }: Manifest) {
  const name = `${apiVersion}/${kind}`;
  if (!(name in SCHEMAS)) throw new Error(`SCHEMAS has no entry for ${name}.`);
  return SCHEMAS[name as keyof typeof SCHEMAS];
}

/**
 * Checks a manifest against the schema of its kind: types, formats, enumerations and required members.
 *
 * @throws Error with the members that are invalid
 */
export function validateManifest(manifest: Manifest): void {
  const [Model] = schemaOf(manifest);
  new (Model as new (data: Manifest) => { validate(): void })(manifest).validate();
}

/**
 * Checks manifests against the TypeScript types of their kinds, and returns the errors. Unlike the schemas, the types
 * also find unknown members, such as misspelt ones, which a cluster refuses or, worse, ignores.
 *
 * @param patches parts of manifests, in which every member is optional
 */
export function typeErrors(manifests: readonly Manifest[], patches: readonly Manifest[] = []): string[] {
  const check = (manifest: Manifest, index: number, name: string, wrapper: string): string => {
    const [, module] = schemaOf(manifest);
    const type = `import('${module}').I${manifest.kind}`;
    return `export const ${name}${index}: ${wrapper}<${type}> = ${JSON.stringify(manifest)};`;
  };
  return errorsOf(
    [
      'type Whole<T> = T;',
      'type Part<T> = T extends object ? { [K in keyof T]?: Part<T[K]> } : T;',
      ...manifests.map((manifest, index) => check(manifest, index, 'manifest', 'Whole')),
      ...patches.map((patch, index) => check(patch, index, 'patch', 'Part')),
    ].join('\n'),
  );
}

/** The compiler's errors for a module that exists only in memory. */
function errorsOf(source: string): string[] {
  const path = join(fileURLToPath(new URL('.', import.meta.url)), 'manifests.ts');
  const options: ts.CompilerOptions = {
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2023,
    strict: true,
    skipLibCheck: true,
    noEmit: true,
    types: [],
  };
  const host = ts.createCompilerHost(options);
  const fileExists = host.fileExists.bind(host);
  const getSourceFile = host.getSourceFile.bind(host);
  host.fileExists = (file) => file === path || fileExists(file);
  host.getSourceFile = (file, ...rest) =>
    file === path
      ? ts.createSourceFile(file, source, {
          languageVersion: ts.ScriptTarget.ES2023,
          impliedNodeFormat: ts.ModuleKind.ESNext,
        })
      : getSourceFile(file, ...rest);
  return ts
    .getPreEmitDiagnostics(ts.createProgram([path], options, host))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}
