import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

import { PROBLEM_CODES, PROBLEMS } from '@app/problem-details';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import { Environment } from '../apps/gateway/src/settings/environment.js';
import { parseSettings, VARIABLE_NAMES } from '../apps/gateway/src/settings/parse-settings.js';

const ROOT = new URL('..', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8');

/** The anchors that a heading gets where the page is shown. */
const anchorsOf = (page: string): string[] =>
  [...page.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-'),
  );

describe('the documentation', () => {
  const pages = execFileSync(
    'find',
    ['.', '-name', 'node_modules', '-prune', '-o', '-name', '*.md', '-print'],
    {
      cwd: ROOT,
      encoding: 'utf8',
    },
  )
    .trim()
    .split('\n');

  it.each(pages)('%s links to what is there', (page) => {
    const links = [...read(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
    for (const link of links.filter((target) => !/^(https?|mailto):/.test(target))) {
      const url = new URL(link, new URL(page, ROOT));
      expect(existsSync(url), link).toBe(true);
      const anchor = decodeURIComponent(url.hash.slice(1));
      if (anchor !== '') expect(anchorsOf(readFileSync(url, 'utf8')), link).toContain(anchor);
    }
  });

  it('tells operators what to do about every alert', () => {
    const { groups } = parse(read('deploy/prometheus/alerts.yml')) as {
      groups: { rules: { alert: string; annotations: { runbook: string } }[] }[];
    };
    const anchors = anchorsOf(read('docs/operations.md'));
    for (const { alert, annotations } of groups.flatMap(({ rules }) => rules)) {
      expect(annotations.runbook).toBe(`docs/operations.md#${alert.toLowerCase()}`);
      expect(anchors).toContain(alert.toLowerCase());
    }
  });

  it('tells operators what to do about every error code, with its status', () => {
    const rows = [
      ...read('docs/operations.md').matchAll(/^\| `([a-z-]+)` +\| (\d{3}) +\| [^|]*\w[^|]*\|$/gm),
    ];
    expect(rows.map(([, code, status]) => [code, Number(status)])).toStrictEqual(
      PROBLEM_CODES.map((code) => [code, PROBLEMS[code].status]),
    );
  });

  it('has every setting in the README, with its default', () => {
    const rows = [...read('README.md').matchAll(/^\| (`[A-Z0-9_`, ]+`) +\| ([^|]*)\|/gm)];
    const documented = rows.flatMap(([, names = '', defaults = '']) => {
      const all = names.split(', ').map((name) => name.replaceAll('`', ''));
      const values = defaults.trim().split(', ');
      return all.map((name, index): [string, string] => [name, values[index] ?? '']);
    });
    expect(documented.map(([name]) => name).sort()).toStrictEqual([...VARIABLE_NAMES].sort());

    const defaults = new Map<string, unknown>(Object.entries(new Environment()));
    // Whether somebody asked for it matters, so it has no default there.
    defaults.set('METRICS_PORT', parseSettings({}).server.metrics.port);
    for (const [name, text] of documented) {
      const value = defaults.get(name);
      const said =
        value === undefined
          ? ['', 'none']
          : Array.isArray(value)
            ? ['none']
            : [JSON.stringify(value).replaceAll('"', '')];
      expect(said, name).toContain(text);
    }
  });
});
