import Negotiator from 'negotiator';

/** The languages of the errors and of their pages, as BCP 47 tags. The first one is the default. */
export const LANGUAGES = ['en', 'zh-Hans', 'zh-Hant'] as const;

export type Language = (typeof LANGUAGES)[number];

/** What readers of a region expect is not always what their tag is cut down to: `zh-TW` would end as `zh`. */
const LANGUAGE_OF_TAG: ReadonlyMap<string, Language> = new Map([
  ['en', 'en'],
  ['zh', 'zh-Hans'],
  ['zh-hans', 'zh-Hans'],
  ['zh-hant', 'zh-Hant'],
  ['zh-tw', 'zh-Hant'],
  ['zh-hk', 'zh-Hant'],
  ['zh-mo', 'zh-Hant'],
]);

/** Longer headers are ignored, because reading them takes long. Those of browsers have fewer than 200 characters. */
const MAX_HEADER_LENGTH = 1000;

/**
 * The language that suits the caller best (RFC 4647, section 3.4), else English.
 *
 * @param acceptLanguage the header `Accept-Language` (RFC 9110, section 12.5.4)
 */
export function languageFor(acceptLanguage: string | undefined): Language {
  if (acceptLanguage === undefined || acceptLanguage.length > MAX_HEADER_LENGTH) return 'en';
  const negotiator = new Negotiator({ headers: { 'accept-language': acceptLanguage } });
  // Those that `*`, `zh` or their own tag allows. A weight of 0 takes a language out.
  const allowed = negotiator.languages([...LANGUAGES]) as Language[];
  // By falling weight, without those of weight 0.
  for (const range of negotiator.languages()) {
    const language = range.toLowerCase() === 'zh' ? allowed.find((each) => each !== 'en') : lookUp(range);
    if (language) return language;
  }
  return allowed[0] ?? 'en';
}

/** The language with this tag, letters of either case. */
export function languageOfTag(tag: unknown): Language | undefined {
  return typeof tag === 'string'
    ? LANGUAGES.find((each) => each.toLowerCase() === tag.toLowerCase())
    : undefined;
}

/** Cuts subtags off from the end until the rest is the tag of a language. */
function lookUp(range: string): Language | undefined {
  let tag = range.toLowerCase();
  for (;;) {
    const language = LANGUAGE_OF_TAG.get(tag);
    const end = tag.lastIndexOf('-');
    if (language || end === -1) return language;
    tag = tag.slice(0, end);
  }
}
