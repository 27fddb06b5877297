import type { ProblemTypeDto } from './problem-type.dto.js';

/** The Content-Security-Policy names the hash of this one inline style (http/security-headers.ts). */
export const PAGE_STYLE =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:42rem;margin:3rem auto;padding:0 1rem;color:#222}' +
  'dt{font-weight:600;margin-top:1rem}dd{margin:0}code{background:#f2f2f2;padding:.1em .3em}';

/** The page of one error code. */
export function problemPage({ code, status, title, meaning, whatToDo }: ProblemTypeDto): string {
  return page(
    title,
    `<p><code>${escape(code)}</code>, HTTP status ${status}</p>
    <dl>
      <dt>What it means</dt><dd>${escape(meaning)}</dd>
      <dt>What to do</dt><dd>${escape(whatToDo)}</dd>
    </dl>
    <p><a href="/problems">All error codes</a></p>`,
  );
}

/** The page that lists every error code. */
export function problemListPage(types: readonly ProblemTypeDto[]): string {
  const entries = types.map(
    ({ code, status, title }) =>
      `<dt>${status} <a href="/problems/${encodeURIComponent(code)}">${escape(code)}</a></dt><dd>${escape(title)}</dd>`,
  );
  return page('Error codes of the OutboundBot gateway', `<dl>\n      ${entries.join('\n      ')}\n    </dl>`);
}

function page(title: string, content: string): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width">
    <title>${escape(title)}</title>
    <link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
    <style>${PAGE_STYLE}</style>
  </head>
  <body>
    <h1>${escape(title)}</h1>
    ${content}
  </body>
</html>
`;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? '');
}
