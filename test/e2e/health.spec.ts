import { systemClock } from '@app/resilience';
import supertest from 'supertest';
import { describe, expect, it, onTestFinished } from 'vitest';

import { createGateway } from '../../apps/gateway/src/create-gateway.js';
import { createLogger } from '../../apps/gateway/src/observability/logger.js';
import { parseSettings } from '../../apps/gateway/src/settings/parse-settings.js';
import { FILES, startTestGateway } from '../support/gateway.js';

describe('the health routes', () => {
  it('answer 200 live and ready after start-up, even when the upstream is down', async () => {
    const gateway = await startTestGateway({ OUTBOUNDBOT_ENDPOINT: '127.0.0.1:1' });
    onTestFinished(() => gateway.close());
    await gateway.http.get('/instances/a').expect(503);
    const live = await gateway.http.get('/health/live').expect(200);
    expect(live.body).toStrictEqual({ status: 'live' });
    expect(live.headers['cache-control']).toBe('no-store');
    const ready = await gateway.http.get('/health/ready').expect(200);
    expect(ready.body).toStrictEqual({ status: 'ready' });
  });

  it('answer 200 live and 503 not ready during start-up', async () => {
    const app = await createGateway({
      settings: parseSettings({ PORT: '0' }),
      logger: createLogger('silent'),
      clock: systemClock,
      files: FILES,
    });
    await app.listen(0, '127.0.0.1');
    onTestFinished(() => app.close());
    const http = supertest(await app.getUrl());
    await http.get('/health/live').expect(200);
    const ready = await http.get('/health/ready').expect(503).expect('retry-after', '1');
    expect(ready.body).toStrictEqual({ status: 'starting' });
  });
});
