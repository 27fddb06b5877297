import { describe, expect, it } from 'vitest';

import { PROBLEM_CODES } from '../catalogue.js';
import { TEXTS } from './texts.js';

const CHINESE = ['zh-Hans', 'zh-Hant'] as const;

/** Every text of a value, with samples for the parameters of those that have some. */
function textsOf(value: unknown, path = ''): [path: string, text: string][] {
  if (typeof value === 'string') return [[path, value]];
  if (typeof value === 'function') {
    const isOfList = /sentences|missingCredential/.test(path);
    const text = (value as (...parameters: unknown[]) => string)(isOfList ? ['A', 'B'] : 'A', [7]);
    return [[path, text]];
  }
  return Object.entries(value as object).flatMap(([name, each]) => textsOf(each, `${path}/${name}`));
}

/** The words that are the same in every language: names of headers, members, settings and protocols. */
function namesIn(text: string): string[] {
  const names =
    /WWW-Authenticate|Retry-After|Accept|Allow|Cache-Control: only-if-cached|X-API-Key|Bearer|upstream\.requestId|application\/json|CONNECT|100-continue|HTTP\/1\.1|RFC \d+|Host/g;
  return [...new Set(text.match(names))].sort();
}

describe.each(CHINESE)('the texts in %s', (language) => {
  const english = new Map(
    textsOf({ problems: problemsOf('en'), retry: TEXTS.en.retry, details: TEXTS.en.details }),
  );
  const chinese = new Map(
    textsOf({
      problems: problemsOf(language),
      retry: TEXTS[language].retry,
      details: TEXTS[language].details,
    }),
  );

  it('are exactly those of the English catalogue', () => {
    expect([...chinese.keys()].sort()).toStrictEqual([...english.keys()].sort());
  });

  it.each([...english.keys()])('name the same headers and members as in English: %s', (path) => {
    expect(namesIn(chinese.get(path)!)).toStrictEqual(namesIn(english.get(path)!));
  });

  it('are Chinese, with full-width punctuation', () => {
    for (const [path, text] of chinese) {
      if (path === '/details/sentences') continue;
      expect(text, path).toMatch(/\p{Script=Han}/u);
      expect(text, path).not.toMatch(/\p{Script=Han}[,.;:?!"]|\.$/u);
    }
  });
});

it('has no letters of the other script', () => {
  const all = (language: (typeof CHINESE)[number]): string => textsOf(TEXTS[language]).join();
  expect(all('zh-Hans')).not.toMatch(/[請關實錯誤權應務標訪問題後時間這個沒無]/u);
  expect(all('zh-Hant')).not.toMatch(/[请关实错误权应务标访问题后时间这个没无网]/u);
});

function problemsOf(language: keyof typeof TEXTS): object {
  return Object.fromEntries(
    PROBLEM_CODES.map((code) => {
      const { title, meaning, whatToDo } = TEXTS[language].problems[code];
      return [code, { title, meaning, whatToDo }];
    }),
  );
}
