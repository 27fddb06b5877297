import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import supertest from 'supertest';
import { afterAll, beforeAll, beforeEach, inject } from 'vitest';

import { createGateway, startGateway } from '../../apps/gateway/src/create-gateway.js';
import { createLogger } from '../../apps/gateway/src/observability/logger.js';
import { parseSettings } from '../../apps/gateway/src/settings/parse-settings.js';
import {
  defaultKeyPair,
  type Emulator,
  startEmulator,
} from '../../apps/outboundbot-emulator/src/start-emulator.js';
import { ShiftedClock } from './shifted-clock.js';

/** The folder of the files that the gateway serves: built for system tests, laid out without a build for e2e tests. */
export const FILES = new URL(inject('files'));

/** Turns off the cache, the breaker and the retry budget, so that every request reaches the upstream. */
export const UNCACHED = {
  CACHE_FRESH_MS: '0',
  CACHE_STALE_WHILE_REVALIDATE_MS: '0',
  CACHE_STALE_IF_ERROR_MS: '0',
  CACHE_NOT_FOUND_MS: '0',
  UPSTREAM_BREAKER_FAILURE_RATIO: '0',
  UPSTREAM_RETRY_BUDGET_RATIO: '10',
};

/** The emulator's key pair as the settings of the gateway. */
export const KEY_VARIABLES = {
  ALIBABA_CLOUD_ACCESS_KEY_ID: defaultKeyPair.accessKeyId,
  ALIBABA_CLOUD_ACCESS_KEY_SECRET: defaultKeyPair.accessKeySecret,
};

/** The id in the vendor's sample response. It is not a UUID. */
export const SAMPLE_ID = '90515b5-6115-4ccf-83e2-52d5bfaf2ddf';

/** The gateway's answer for `SAMPLE_ID`. */
export const SAMPLE_INSTANCE = {
  instanceId: SAMPLE_ID,
  instanceName: '第一個實例',
  instanceDescription: '這個是第一個實例',
  maxConcurrentConversation: 4,
  ownerName: 'xxxx',
  creatorId: '435986',
  creatorName: 'xxx',
  creationTime: 1578469042851,
  resourceGroupId: SAMPLE_ID,
};

export interface TestGateway {
  readonly app: NestFastifyApplication;
  readonly url: string;
  /** The clock of the gateway, which a test can advance. */
  readonly clock: ShiftedClock;
  /** Sends requests to the gateway. */
  readonly http: ReturnType<typeof supertest>;
  /** Every log line, as the gateway wrote it. */
  readonly logLines: string[];
  /** The parsed log lines of requests. */
  requestLog(): Record<string, unknown>[];
  close(): Promise<void>;
}

/** Starts the gateway as `main` does, on a free port and with short backoffs. */
export async function startTestGateway(variables: Record<string, string>): Promise<TestGateway> {
  const logLines: string[] = [];
  const settings = parseSettings({
    PORT: '0',
    METRICS_PORT: '0',
    LOG_LEVEL: 'trace',
    OUTBOUNDBOT_PROTOCOL: 'http',
    ...KEY_VARIABLES,
    // All callers of a test have one address, so they would share one rate limit.
    RATE_LIMIT_REQUESTS: '0',
    // On a busy machine Redis needs longer than the 50 ms of the default, and each gateway would work without it.
    REDIS_TIMEOUT_MS: '500',
    UPSTREAM_BACKOFF_BASE_MS: '1',
    UPSTREAM_BACKOFF_CAP_MS: '5',
    ...variables,
  });
  const logger = createLogger(settings.server.logLevel, { write: (line) => void logLines.push(line) });
  const clock = new ShiftedClock();
  const app = await createGateway({ settings, logger, clock, files: FILES });
  await startGateway(app);
  const url = await app.getUrl();
  return {
    app,
    url,
    clock,
    http: supertest(url),
    logLines,
    requestLog: () =>
      logLines
        .map((line) => JSON.parse(line) as Record<string, unknown>)
        .filter(({ msg }) => msg === 'request'),
    close: async () => {
      const closed = app.close();
      // `fetch` may hold a connection on which it has sent nothing; Node does not count it as idle.
      app.getHttpServer().closeAllConnections();
      await closed;
    },
  };
}

/** Starts an emulator and a gateway that calls it. */
export async function startStack(
  variables: Record<string, string> = {},
): Promise<{ emulator: Emulator; gateway: TestGateway; close: () => Promise<void> }> {
  const emulator = await startEmulator();
  const gateway = await startTestGateway({ OUTBOUNDBOT_ENDPOINT: emulator.endpoint, ...variables });
  return {
    emulator,
    gateway,
    close: async () => {
      await gateway.close();
      await emulator.close();
    },
  };
}

/** Starts one emulator for all tests of a suite, and resets it before each test. */
export function useEmulator(): { readonly emulator: Emulator } {
  let emulator: Emulator;
  beforeAll(async () => {
    emulator = await startEmulator();
  });
  beforeEach(() => {
    emulator.reset();
  });
  afterAll(() => emulator.close());
  return {
    get emulator() {
      return emulator;
    },
  };
}

type Stack = Awaited<ReturnType<typeof startStack>>;

/** Starts one emulator and gateway for all tests of a suite, and resets the emulator before each test. */
export function useStack(variables: Record<string, string> = {}): Pick<Stack, 'emulator' | 'gateway'> {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack(variables);
  });
  beforeEach(() => {
    stack.emulator.reset();
  });
  afterAll(() => stack.close());
  return {
    get emulator() {
      return stack.emulator;
    },
    get gateway() {
      return stack.gateway;
    },
  };
}
