import { type Language, LANGUAGES, TEXTS } from '@app/problem-details';

import { PAGE_TEXTS } from './page-texts.js';
import type { ProblemTypeDto } from './problem-type.dto.js';

/** The Content-Security-Policy names the hash of this one inline style (http/security-headers.ts). */
export const PAGE_STYLE =
  ':root{color-scheme:light dark;--text:#222;--page:#fff;--quiet:#595959;--link:#0b57d0;--code:#f2f2f2;--line:#d0d0d0}' +
  '@media(prefers-color-scheme:dark){:root{--text:#e6e6e6;--page:#161616;--quiet:#a8a8a8;--link:#8ab4f8;--code:#2b2b2b;--line:#444}}' +
  'body{font:16px/1.6 system-ui,sans-serif;max-width:42rem;margin:0 auto;padding:0 1rem 3rem;color:var(--text);background:var(--page);overflow-wrap:break-word}' +
  'header{display:flex;flex-wrap:wrap;gap:.25rem 1.5rem;justify-content:space-between;padding:1rem 0;border-bottom:1px solid var(--line)}' +
  'nav{display:flex;flex-wrap:wrap;gap:.25rem 1rem}h1{line-height:1.3;font-size:1.75rem}h2{font-size:1.125rem;margin:1.5rem 0 0}p{margin:.25rem 0}a{color:var(--link)}' +
  'a[aria-current]{color:var(--text);text-decoration:none;font-weight:600}' +
  'dt{font-weight:600;margin-top:1rem}dd{margin:0}.quiet{color:var(--quiet)}code{background:var(--code);padding:.1em .3em}';

/** Which page is shown, and how the reader chose its language. */
export interface PageContext {
  readonly language: Language;
  /** The language is in the query of the address, so that links keep it. */
  readonly isChosen: boolean;
  /** Where callers find the gateway, with a slash at the end. */
  readonly publicUrl: string | undefined;
}

/** The page of one error code. */
export function problemPage(
  { code, status, title, meaning, whatToDo, retry }: ProblemTypeDto,
  context: PageContext,
): string {
  const texts = PAGE_TEXTS[context.language];
  const advice = TEXTS[context.language].retry[retry];
  return page(
    title,
    `<p class="quiet"><code>${escape(code)}</code> ${texts.status} ${status}</p>
      <h2>${texts.meaning}</h2>
      <p>${escape(meaning)}</p>
      <h2>${texts.whatToDo}</h2>
      <p>${escape(whatToDo)}</p>
      <h2>${texts.retry}</h2>
      <p>${escape(advice)}</p>`,
    '../',
    context,
  );
}

/** The page of an address that names no error code. */
export function unknownCodePage(context: PageContext): string {
  const { details } = TEXTS[context.language];
  const { unknownCodeAdvice } = PAGE_TEXTS[context.language];
  return page(details.noSuchErrorCode, `<p>${unknownCodeAdvice}</p>`, '../', context);
}

/** The page that lists every error code. */
export function problemListPage(types: readonly ProblemTypeDto[], context: PageContext): string {
  const entries = types.map(({ code, status, title }) => {
    const address = `${linkRoot('', context)}problems/${encodeURIComponent(code)}${chosenLanguage(context)}`;
    return `<dt><a href="${escape(address)}">${escape(code)}</a> <span class="quiet">${status}</span></dt><dd>${escape(title)}</dd>`;
  });
  const { listTitle } = PAGE_TEXTS[context.language];
  return page(listTitle, `<dl>\n        ${entries.join('\n        ')}\n      </dl>`, '', context);
}

/**
 * Links begin with the public URL. What the page itself loads is relative, because the Content-Security-Policy allows only the
 * origin at which the page was opened.
 *
 * @param root the gateway's root, relative to the page
 */
function page(title: string, content: string, root: Root, context: PageContext): string {
  const { language } = context;
  const texts = PAGE_TEXTS[language];
  const linked = escape(linkRoot(root, context));
  return `<!doctype html>
<html lang="${language}">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${escape(title)} - ${texts.gateway}</title>
    <link rel="icon" type="image/png" href="${root}docs/favicon-32x32.png">
    <style>${PAGE_STYLE}</style>
  </head>
  <body>
    <header>
      <nav aria-label="${texts.pages}">
        <a href="${linked}problems${chosenLanguage(context)}">${texts.allCodes}</a>
        <a href="${linked}docs">${texts.documentation}</a>
      </nav>
      <nav aria-label="${texts.languageSwitch}">
        ${LANGUAGES.map((each) => languageLink(each, language)).join('\n        ')}
      </nav>
    </header>
    <main>
      <h1>${escape(title)}</h1>
      ${content}
    </main>
  </body>
</html>
`;
}

type Root = '' | '../';

/** The gateway's root, as links name it. Relative links work below a path prefix too. */
function linkRoot(root: Root, { publicUrl = root }: PageContext): string {
  return publicUrl;
}

function languageLink(language: Language, current: Language): string {
  const { languageName } = PAGE_TEXTS[language];
  const state = language === current ? ' aria-current="true"' : '';
  return `<a href="?lang=${language}" lang="${language}" hreflang="${language}"${state}>${languageName}</a>`;
}

function chosenLanguage({ language, isChosen }: PageContext): string {
  return isChosen ? `?lang=${language}` : '';
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? '');
}
