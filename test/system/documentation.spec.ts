import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

import { PROBLEM_CODES, PROBLEMS } from '@app/problem-details';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';

import { VARIABLE_NAMES } from '../../apps/gateway/src/settings/parse-settings.js';
import { startTestGateway } from '../support/gateway.js';
import { freePort } from '../support/redis-server.js';

const ROOT = new URL('../..', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8');
const withoutCode = (page: string): string => page.replace(/^```[\s\S]*?^```/gm, '');

/** The anchors that GitHub gives to the headings of a page. */
const anchorsOf = (page: string): string[] =>
  [...withoutCode(page).matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-'),
  );

const find = (...conditions: string[]): string[] =>
  execFileSync(
    'find',
    ['.', ...['node_modules', 'dist', 'coverage', '.git'].flatMap(skip), ...conditions, '-print'],
    { cwd: ROOT, encoding: 'utf8' },
  )
    .trim()
    .split('\n');
const skip = (name: string): string[] => ['-name', name, '-prune', '-o'];

describe('the documentation', () => {
  const pages = find('-name', '*.md');
  const sources = find('(', '-name', '*.ts', '-o', '-name', '*.mjs', ')');

  it.each(pages)('%s links to pages, files and headings that exist', (page) => {
    const links = [...read(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
    for (const link of links.filter((target) => !/^(https?|mailto):/.test(target))) {
      const url = new URL(link, new URL(page, ROOT));
      expect(existsSync(url), link).toBe(true);
      const anchor = decodeURIComponent(url.hash.slice(1));
      if (anchor !== '') expect(anchorsOf(readFileSync(url, 'utf8')), link).toContain(anchor);
    }
  });

  it.each(pages)('%s names only source files that exist', (page) => {
    const names = [...withoutCode(read(page)).matchAll(/`([\w./-]+\.(?:ts|mjs))`/g)].map(
      ([, name = '']) => name,
    );
    const built = /^dist\/|^(main|run)\.mjs$/;
    for (const name of names.filter((name) => !built.test(name)))
      expect(
        sources.some((path) => path.endsWith(`/${name}`)),
        name,
      ).toBe(true);
  });

  it.each(pages.filter((page) => page !== './CHANGELOG.md'))('%s names only settings that exist', (page) => {
    // The prefix `NO_` is left out, because the pages name constants that begin with it.
    const prefixes = new Set(VARIABLE_NAMES.filter((name) => /^(?!NO_).*_/.test(name)).map(prefixOf));
    const named = [...read(page).matchAll(/\b[A-Z]+(?:_[A-Z]+)+\b(?!_)/g)].map(([name]) => name);
    expect(VARIABLE_NAMES).toStrictEqual(
      expect.arrayContaining(named.filter((name) => prefixes.has(prefixOf(name)))),
    );
  });

  // `npm run bench` writes docs/benchmarks.md, and its lines may be long.
  it.each(pages.filter((page) => page !== './docs/benchmarks.md'))(
    '%s has no line too long to read',
    (page) => {
      const tooLong = withoutCode(read(page))
        .split('\n')
        .filter((line) => line.length > 200);
      expect(tooLong).toStrictEqual([]);
    },
  );

  it('says for every alert what the operator has to do', () => {
    const { groups } = parse(read('deploy/prometheus/alerts.yml')) as {
      groups: {
        rules: { alert?: string; labels: { severity: string }; annotations: { runbook: string } }[];
      }[];
    };
    const page = read('docs/operations.md');
    for (const { alert, labels, annotations } of groups.flatMap(({ rules }) => rules)) {
      if (alert === undefined) continue;
      expect(annotations.runbook).toBe(`docs/operations.md#${alert.toLowerCase()}`);
      expect(page).toContain(`\n### ${alert}\n\n_${labels.severity}._ `);
    }
  });

  it.each(['docs/api.md', 'docs/api.zh-CN.md', 'docs/operations.md'])(
    '%s lists every error code with its status',
    (page) => {
      const rows = [...read(page).matchAll(/^\| `([a-z-]+)` +\| (\d{3}) +\| [^|]*\p{L}[^|]*\|$/gmu)];
      expect(rows.map(([, code, status]) => [code, Number(status)])).toStrictEqual(
        PROBLEM_CODES.map((code) => [code, PROBLEMS[code].status]),
      );
    },
  );

  it('has an API page in Chinese with the sections, tables, lists and names of the English one', () => {
    expect(outlineOf(read('docs/api.zh-CN.md'))).toStrictEqual(outlineOf(read('docs/api.md')));
  });

  it('explains every metric to operators, and names only metrics that exist', async () => {
    const port = await freePort();
    const gateway = await startTestGateway({
      METRICS_PORT: String(port),
      OUTBOUNDBOT_ENDPOINT: '127.0.0.1:9',
      // Nothing listens there, but with these settings there are more metrics.
      REDIS_URL: 'redis://127.0.0.1:9',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
    });
    onTestFinished(() => gateway.close());
    const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    const exposed = [...metrics.matchAll(/^# TYPE (outboundbot_gateway_\w+)/gm)].map(([, name]) => name);
    const named = [...read('docs/operations.md').matchAll(/outboundbot_gateway_[a-z_]+/g)].map(([name]) =>
      name.replace(/_(count|sum|bucket)$/, ''),
    );
    expect(exposed).not.toHaveLength(0);
    expect([...new Set(named)].sort()).toStrictEqual(exposed.sort());
  });
});

/** For each section its level, the number of its list items and table rows, and what it puts in code style. */
function outlineOf(page: string): object[] {
  return withoutCode(page)
    .split(/^(?=#+ )/m)
    .filter((section) => section.startsWith('#'))
    .map((section) => ({
      level: section.indexOf(' '),
      items: section.match(/^- /gm)?.length,
      rows: section.match(/^\| /gm)?.length,
      names: [...new Set(section.match(/`[^`]+`/g))].sort(),
    }));
}

function prefixOf(name: string): string {
  return name.slice(0, name.indexOf('_'));
}
