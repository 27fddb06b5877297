import Negotiator from 'negotiator';

/** The languages of the errors and of their pages, as BCP 47 tags. The first one is the default. */
export const LANGUAGES = ['en', 'zh-Hans', 'zh-Hant'] as const;

export type Language = (typeof LANGUAGES)[number];

/** Longer headers are ignored, because reading them takes long. Those of browsers have fewer than 200 characters. */
const MAX_HEADER_LENGTH = 1000;

/** Further languages are ignored. Browsers send at most ten. */
const MAX_RANGES = 20;

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
  for (const range of negotiator.languages().slice(0, MAX_RANGES)) {
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

/** Cuts subtags off from the end until the rest is a language that a reader of English or Chinese expects. */
function lookUp(range: string): Language | undefined {
  // Some programs send the name of a POSIX locale, such as `zh_TW`. `zh-cmn` is an older form of `cmn` (RFC 5646, section 4.5).
  let tag = range.replaceAll('_', '-').replace(/^zh-(?=[a-z]{3}(?:-|$))/i, '');
  for (;;) {
    const language = languageOfLocale(tag);
    const end = tag.lastIndexOf('-');
    if (language || end === -1) return language;
    tag = tag.slice(0, end);
  }
}

/**
 * The likely script decides, because the regions and languages of Chinese readers differ in it: `zh-TW`, `zh-HK` and `yue` are
 * written in Traditional characters, `zh-SG` and `cmn` in Simplified ones (UTS 35, likely subtags).
 */
function languageOfLocale(tag: string): Language | undefined {
  try {
    const { language, script } = new Intl.Locale(tag).maximize();
    if (script === 'Hans' || script === 'Hant') return `zh-${script}`;
    return language === 'en' ? 'en' : undefined;
  } catch {
    return undefined;
  }
}
