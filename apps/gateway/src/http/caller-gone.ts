import type { FastifyReply } from 'fastify';

import { onAnswerOver } from './answer-over.js';

/** Comes when the answer is over, and so before there is one only if the caller hangs up. */
export function whenCallerGone(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  onAnswerOver(reply, () => {
    gone.abort();
  });
  return gone.signal;
}
