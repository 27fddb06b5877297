import { describe, expect, it } from 'vitest';

import { languageFor, languageOfTag } from './languages.js';

describe('languageFor', () => {
  it.each([
    [undefined, 'en'],
    ['', 'en'],
    ['*', 'en'],
    ['en', 'en'],
    ['en-GB', 'en'],
    ['fr, de;q=0.5', 'en'],
    ['zh', 'zh-Hans'],
    ['zh-CN', 'zh-Hans'],
    ['zh-SG', 'zh-Hans'],
    ['zh-Hans-HK', 'zh-Hans'],
    ['ZH-cn', 'zh-Hans'],
    ['zh-TW', 'zh-Hant'],
    ['zh-HK', 'zh-Hant'],
    ['zh-MO', 'zh-Hant'],
    ['zh-hant-tw', 'zh-Hant'],
    ['zh-Hant-TW-x-private', 'zh-Hant'],
    ['cmn', 'zh-Hans'],
    ['cmn-Hant', 'zh-Hant'],
    ['zh-cmn-Hant', 'zh-Hant'],
    ['zh-cmn-Hans-CN', 'zh-Hans'],
    ['yue-HK', 'zh-Hant'],
    ['yue-Hans', 'zh-Hans'],
    ['wuu', 'zh-Hans'],
    ['zh_TW', 'zh-Hant'],
    ['zh_CN.UTF-8', 'zh-Hans'],
    ['en_US', 'en'],
    ['zh-TW-Hans-TW', 'zh-Hant'],
    ['zhx', 'en'],
    ['ja', 'en'],
  ])('takes %s as %s', (header, language) => {
    expect(languageFor(header)).toBe(language);
  });

  it.each([
    // Chromium, Firefox and Safari in Chinese.
    ['zh-CN,zh;q=0.9', 'zh-Hans'],
    ['zh-TW,zh;q=0.9,en-US;q=0.8,en;q=0.7', 'zh-Hant'],
    ['zh-HK,zh-TW;q=0.8,zh;q=0.7,en;q=0.2', 'zh-Hant'],
    ['zh-Hant-TW;q=1.0', 'zh-Hant'],
    ['zh;q=0.5, en', 'en'],
    ['en;q=0.1, zh-TW;q=0.2', 'zh-Hant'],
    ['fr, zh-TW;q=0.8', 'zh-Hant'],
    ['fr, *;q=0.1', 'en'],
    ['*, zh-TW;q=0.5', 'zh-Hant'],
  ])('takes the language with the highest weight of %s', (header, language) => {
    expect(languageFor(header)).toBe(language);
  });

  it.each([
    ['zh;q=0, en', 'en'],
    ['zh-TW;q=0', 'en'],
    ['en;q=0, *', 'zh-Hans'],
    ['en;q=0, zh-Hans;q=0, *', 'zh-Hant'],
    ['zh-Hans;q=0, zh', 'zh-Hant'],
    // An answer in English serves the caller better than none.
    ['en;q=0', 'en'],
  ])('leaves out the languages of weight 0 of %s', (header, language) => {
    expect(languageFor(header)).toBe(language);
  });

  it.each([
    ';',
    'zh-TW;q=x',
    ',,,',
    '-',
    'zh-',
    '\u0000',
    'en'.repeat(5000),
    'zh-TW,'.repeat(2000),
    'a-b,'.repeat(250),
  ])('returns a language for a malformed or very long header: %.20s', (header) => {
    expect(['en', 'zh-Hans', 'zh-Hant']).toContain(languageFor(header));
  });
});

it('languageOfTag knows exactly the three tags, in letters of either case', () => {
  expect(['en', 'ZH-hans', 'zh-Hant'].map(languageOfTag)).toStrictEqual(['en', 'zh-Hans', 'zh-Hant']);
  for (const other of ['zh', '', undefined, ['en', 'en']]) expect(languageOfTag(other)).toBeUndefined();
});
