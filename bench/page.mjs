import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { format, resolveConfig } from 'prettier';

const DOCS = new URL('../docs/', import.meta.url);
const PAGE = fileURLToPath(new URL('benchmarks.md', DOCS));

/** A table in Markdown. */
export function table(heads, rows) {
  return [heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** Writes a chart, and returns the Markdown that shows it in docs/benchmarks.md. */
export function writeChart(name, title, svg) {
  const path = `images/bench-${name}.svg`;
  writeFileSync(new URL(path, DOCS), svg);
  return `![${title}](${path})`;
}

/** Replaces what stands between the comments `<!-- NAME:begin -->` and `<!-- NAME:end -->` of docs/benchmarks.md. */
export async function writeBlock(name, parts) {
  const [begin, end] = ['begin', 'end'].map((edge) => `<!-- ${name}:${edge} -->`);
  const page = readFileSync(PAGE, 'utf8');
  const [start, stop] = [page.indexOf(begin), page.indexOf(end)];
  if (start < 0 || stop < start) throw new Error(`${PAGE} has lost the comments ${begin} and ${end}.`);
  const text = [page.slice(0, start) + begin, ...parts, page.slice(stop)].join('\n\n');
  writeFileSync(PAGE, await format(text, { ...(await resolveConfig(PAGE)), parser: 'markdown' }));
}
