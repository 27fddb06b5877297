import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

interface LockedPackage {
  readonly version: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly optional?: boolean;
  readonly hasInstallScript?: boolean;
  readonly integrity?: string;
}

const ROOT = new URL('../..', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8');
const lock = JSON.parse(read('package-lock.json')) as { packages: Record<string, LockedPackage> };
const manifest = JSON.parse(read('package.json')) as { dependencies: Record<string, string> };

/** The packages that `npm ci --omit=dev --omit=optional` installs. */
const production = Object.entries(lock.packages)
  .filter(([path, { dev, devOptional, optional }]) => path !== '' && !dev && !devOptional && !optional)
  .map(([path, locked]) => ({ name: path.replace(/^.*node_modules\//, ''), ...locked }));

/** Licences that require only attribution. One package writes out the name of Apache-2.0. */
const LICENCES = [
  ...['MIT', 'ISC', 'Apache-2.0', 'Apache License 2.0', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD'],
  ...['BlueOak-1.0.0', 'Python-2.0'],
];

describe('the production dependencies', () => {
  it('have licences that require only attribution', () => {
    const others = production.filter(({ license }) => !LICENCES.includes(license ?? ''));
    expect(others.map(({ name, license }) => [name, license])).toStrictEqual([]);
  });

  it('are locked with integrity hashes', () => {
    expect(production.filter(({ integrity }) => integrity === undefined)).toStrictEqual([]);
  });

  it('need no install script, and npm runs none', () => {
    expect(read('.npmrc')).toMatch(/^ignore-scripts=true$/m);
    const withScript = production.filter(({ hasInstallScript }) => hasInstallScript);
    // The script of this package only reports the installation to the vendor.
    expect(withScript.map(({ name }) => name)).toStrictEqual(['@scarf/scarf']);
  });

  it('are counted in docs/architecture.md, which says what each direct one is for', () => {
    const page = read('docs/architecture.md');
    expect(page).toContain(`${production.length} packages`);
    const items = page.split(/^- /m).map((item) => item.replaceAll(/\s+/g, ' '));
    const explained = items.flatMap((item) => {
      const [, names] = /^((?:`[@a-z0-9/.-]+`(?:, )?)+): [^`]*[a-z]/.exec(item) ?? [];
      return names?.split(', ').map((name) => name.replaceAll('`', '')) ?? [];
    });
    for (const name of Object.keys(manifest.dependencies)) expect(explained).toContain(name);
  });

  it('are all in the bill of materials', () => {
    const sbom = execFileSync(
      'npx',
      ['--no-install', 'cyclonedx-npm', '--omit', 'dev', '--omit', 'optional', '--output-reproducible'],
      { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 64 * 1024 * 1024 },
    );
    const { bomFormat, components } = JSON.parse(sbom) as { bomFormat: string; components: Component[] };
    expect(bomFormat).toBe('CycloneDX');
    const listed = new Set(
      flat(components)
        // cyclonedx-npm also lists TypeScript, a peer of the Swagger plugin that only a build needs.
        .filter(({ group, name }) => group !== undefined || name !== 'typescript')
        .map(({ group, name, version }) => `${group ?? ''}/${name}@${version}`),
    );
    const installed = new Set(
      production.map(({ name, version }) => `${name.startsWith('@') ? name : `/${name}`}@${version}`),
    );
    expect([...listed].sort()).toStrictEqual([...installed].sort());
  }, 60_000);
});

interface Component {
  readonly group?: string;
  readonly name: string;
  readonly version: string;
  readonly components?: Component[];
}

function flat(components: readonly Component[]): Component[] {
  return components.flatMap((component) => [component, ...flat(component.components ?? [])]);
}
