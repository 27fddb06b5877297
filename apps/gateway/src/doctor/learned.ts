import { type AnswerDescription, isAboutAnother, type Shape } from '@app/outboundbot-client';

import type { PagingHabits } from './check-paging.js';
import type { Answer } from './service-probe.js';

/**
 * What was learned about the service, for `--save`. It has names, types, lengths and times, and no value, so that it can be
 * shown to others. The emulator can behave like it (`EMULATOR_LEARNED_FILE`).
 */
export interface Learned {
  readonly format: 1;
  readonly actions: Record<string, LearnedAction>;
  paging?: PagingHabits;
}

interface LearnedAction {
  readonly status: number;
  readonly code: string | null;
  readonly isInBandFailure: boolean;
  readonly bodyFormat: AnswerDescription['format'];
  readonly mediaType: string;
  readonly headerNames: readonly string[];
  /** Whether the answer was about another instance than the one that was asked for. */
  readonly isAboutAnother: boolean;
  /** Of the first call, or the median where it was measured. */
  ms: number;
  readonly shape?: Shape;
}

export function learnedAction({ outcome, description, ms }: Answer<unknown>): LearnedAction | undefined {
  if (!description) return undefined;
  const { status, code, isInBandFailure, format, mediaType, headerNames, shape } = description;
  return {
    status,
    code,
    isInBandFailure,
    bodyFormat: format,
    mediaType,
    headerNames,
    isAboutAnother: outcome.kind !== 'success' && isAboutAnother(outcome),
    ms: Math.round(ms),
    ...(shape && { shape }),
  };
}
