import { Problem } from '@app/problem-details';
import underPressure from '@fastify/under-pressure';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/** The highest mean delay of the event loop, in milliseconds. Beyond it no answer would come in time. */
const MAX_EVENT_LOOP_DELAY_MS = 500;

/** Rejects requests while the event loop lags. Health routes still answer: restarting the process would not help. */
export async function shedLoad(app: NestFastifyApplication): Promise<void> {
  await app.register(underPressure, {
    maxEventLoopDelay: MAX_EVENT_LOOP_DELAY_MS,
    pressureHandler: async ({ url }) => {
      if (!url.startsWith('/health/')) throw new Problem('overloaded');
      return Promise.resolve();
    },
  });
}
