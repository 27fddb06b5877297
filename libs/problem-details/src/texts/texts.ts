import type { ProblemCode, ProblemType, RetryAdvice } from '../catalogue.js';
import type { Language } from '../languages.js';
import { ENGLISH } from './english.js';
import { SIMPLIFIED_CHINESE } from './simplified-chinese.js';
import { TRADITIONAL_CHINESE } from './traditional-chinese.js';

type ProblemTexts = Pick<ProblemType, 'title' | 'meaning' | 'whatToDo'>;

/** The reasons why one request failed. */
export type DetailTexts = typeof ENGLISH.details;

/** Everything that callers read in one language. */
export interface Texts {
  readonly problems: Readonly<Record<ProblemCode, ProblemTexts>>;
  readonly retry: Readonly<Record<RetryAdvice, string>>;
  readonly details: DetailTexts;
}

export const TEXTS: Readonly<Record<Language, Texts>> = {
  en: ENGLISH,
  'zh-Hans': SIMPLIFIED_CHINESE,
  'zh-Hant': TRADITIONAL_CHINESE,
};
