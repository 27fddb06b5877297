import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { Environment } from '../apps/gateway/src/settings/environment.js';
import { VARIABLE_NAMES } from '../apps/gateway/src/settings/parse-settings.js';

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

  it('has every setting in the README, with its default', () => {
    const rows = [...read('README.md').matchAll(/^\| (`[A-Z0-9_`, ]+`) +\| ([^|]*)\|/gm)];
    const documented = rows.flatMap(([, names = '', defaults = '']) => {
      const all = names.split(', ').map((name) => name.replaceAll('`', ''));
      const values = defaults.trim().split(', ');
      return all.map((name, index): [string, string] => [name, values[index] ?? '']);
    });
    expect(documented.map(([name]) => name).sort()).toStrictEqual([...VARIABLE_NAMES].sort());

    const defaults = new Environment() as unknown as Record<string, unknown>;
    for (const [name, text] of documented) {
      const value = defaults[name];
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
