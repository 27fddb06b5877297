import { type ProblemCode, PROBLEMS, type ProblemType } from './catalogue.js';
import type { Language } from './languages.js';
import { type DetailTexts, TEXTS } from './texts/texts.js';

/** The result of the upstream calls of a request. */
export interface UpstreamReport {
  /** The upstream's error code, null if it sent none. */
  readonly code: string | null;
  /** The upstream's request id, which a support ticket needs; null if it sent none. */
  readonly requestId: string | null;
  /** How many calls the gateway made to the upstream. */
  readonly attempts: number;
}

/** Picks a text in the language of the caller, and fills in its parameters. */
export type Detail = (texts: DetailTexts) => string;

export interface ProblemOptions {
  /** Why this request failed, in words for the caller. Default: the meaning in the catalogue. */
  readonly detail?: Detail;
  readonly upstream?: UpstreamReport;
  /** `Retry-After` in seconds, for a 429 or 503. Default: 1. */
  readonly retryAfterS?: number;
  /** The language of the document. Default: the one that `Accept-Language` asks for. */
  readonly language?: Language | undefined;
  /** More response headers, for example `Allow`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The error behind the problem. It is logged and never sent. */
  readonly cause?: unknown;
}

/**
 * An error for the caller. Throw it anywhere while a request is handled: the filter answers with the problem document.
 */
export class Problem extends Error {
  override name = 'Problem';
  readonly type: ProblemType;

  constructor(
    readonly code: ProblemCode,
    readonly options: ProblemOptions = {},
  ) {
    super(detailOf(code, options, 'en'), { cause: options.cause });
    this.type = PROBLEMS[code];
  }

  /** Why this request failed. The `message`, which may be logged, is the same in English. */
  detailIn(language: Language): string {
    return language === 'en' ? this.message : detailOf(this.code, this.options, language);
  }
}

function detailOf(code: ProblemCode, { detail }: ProblemOptions, language: Language): string {
  const { details, problems } = TEXTS[language];
  return detail ? detail(details) : problems[code].meaning;
}
