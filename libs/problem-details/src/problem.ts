import { type ProblemCode, PROBLEMS, type ProblemType } from './catalogue.js';

/** What came of the upstream calls behind an error. */
export interface UpstreamReport {
  /** The upstream's error code, null if it sent none. */
  readonly code: string | null;
  /** The upstream's request id, which a support ticket needs; null if it sent none. */
  readonly requestId: string | null;
  /** How many calls were made. */
  readonly attempts: number;
}

export interface ProblemOptions {
  /** What is wrong this time, for the caller's eyes. The catalogue's meaning by default. */
  readonly detail?: string;
  readonly upstream?: UpstreamReport;
  /** Seconds for `Retry-After`; every 429 and 503 has one, 1 by default. */
  readonly retryAfterS?: number;
  /** Further response headers, for example `Allow`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What went wrong inside, for the log alone. */
  readonly cause?: unknown;
}

/** An error that the caller is told about. Throw it anywhere on a request's way. */
export class Problem extends Error {
  override name = 'Problem';
  readonly type: ProblemType;

  constructor(
    readonly code: ProblemCode,
    readonly options: ProblemOptions = {},
  ) {
    super(options.detail ?? PROBLEMS[code].meaning, { cause: options.cause });
    this.type = PROBLEMS[code];
  }
}
