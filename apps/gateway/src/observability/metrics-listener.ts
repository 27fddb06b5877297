import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';

import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Logger } from 'pino';

import { LOGGER } from '../runtime/runtime.module.js';
import { WrongSettingsError } from '../settings/parse-settings.js';
import { Settings } from '../settings/settings.js';
import { GatewayMetrics } from './gateway-metrics.js';

/** The most connections at once; one Prometheus needs one. */
const MAX_CONNECTIONS = 100;

/** A request that takes longer to arrive, or an answer longer to be taken, is cut, in milliseconds; looked at so often. */
const REQUEST_TIMEOUT_MS = 10_000;
const CHECK_INTERVAL_MS = 2000;

/**
 * Serves `/metrics` on a port of its own, which callers need not reach. It goes on until the gateway has stopped, so that its
 * last moments are scraped too.
 */
@Injectable()
export class MetricsListener implements OnApplicationShutdown {
  private readonly server = createServer(
    {
      requestTimeout: REQUEST_TIMEOUT_MS,
      headersTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: CHECK_INTERVAL_MS,
    },
    ({ method, url }, response) => {
      void this.answer(method, url, response);
    },
  );

  constructor(
    private readonly settings: Settings,
    private readonly metrics: GatewayMetrics,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.server.maxConnections = MAX_CONNECTIONS;
    // One answer for each connection: whoever asks and asks and reads nothing would otherwise have them pile up here.
    this.server.maxRequestsPerSocket = 1;
    this.server.setTimeout(REQUEST_TIMEOUT_MS);
  }

  /** Null until it listens. */
  get port(): number | null {
    const address = this.server.address();
    return address !== null && typeof address === 'object' ? address.port : null;
  }

  /**
   * Listens, unless metrics are turned off. The default port may be somebody else's, such as that of another gateway on
   * this machine: that costs the metrics, not the start. A port that was asked for has to be free.
   *
   * @throws {WrongSettingsError}
   */
  async listen(): Promise<void> {
    const { host, port, metrics } = this.settings.server;
    if (metrics.port === undefined) return;
    try {
      // The gateway's own port is taken, if not yet.
      if (metrics.port === port) throw new Error('it is PORT');
      this.server.listen(metrics.port, host);
      await once(this.server, 'listening');
    } catch (error) {
      if (!metrics.isDefault)
        throw new WrongSettingsError([`METRICS_PORT must be free: ${(error as Error).message}`]);
      this.logger.error({ port: metrics.port, err: error }, 'no metrics: set METRICS_PORT to a free port');
      return;
    }
    this.metrics.watchProcess();
    this.server.on('error', (error) => {
      this.logger.error({ err: error }, 'metrics');
    });
    this.logger.info({ port: this.port }, 'metrics');
  }

  onApplicationShutdown(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private async answer(method = '', url = '', response: ServerResponse): Promise<void> {
    if (url.replace(/\?.*/s, '') !== '/metrics') {
      response.writeHead(404).end();
    } else if (method !== 'GET' && method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD' }).end();
    } else {
      const { contentType, body } = await this.metrics.expose();
      response.writeHead(200, { 'content-type': contentType, 'cache-control': 'no-store' }).end(body);
    }
  }
}
