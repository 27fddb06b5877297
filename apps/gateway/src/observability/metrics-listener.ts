import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';

import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Logger } from 'pino';

import { LOGGER } from '../runtime/runtime.module.js';
import { WrongSettingsError } from '../settings/parse-settings.js';
import { Settings } from '../settings/settings.js';
import { GatewayMetrics } from './gateway-metrics.js';

/** The most connections at once. A Prometheus server needs one. */
const MAX_CONNECTIONS = 100;

/**
 * The longest time for a request to arrive, and for an answer to be sent, in milliseconds. After it, the connection is
 * closed.
 */
const REQUEST_TIMEOUT_MS = 10_000;
/** How often Node checks this limit, in milliseconds. */
const CHECK_INTERVAL_MS = 2000;

/**
 * Serves `/metrics` on a port of its own, which callers need not reach. It serves until the gateway has stopped, so
 * that Prometheus can scrape during the shutdown too.
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
    // Each connection gets only one answer, so that a client that does not read cannot fill the memory with answers.
    this.server.maxRequestsPerSocket = 1;
    this.server.setTimeout(REQUEST_TIMEOUT_MS);
  }

  /** The port that the server listens on; null until then. */
  get port(): number | null {
    const address = this.server.address();
    return address !== null && typeof address === 'object' ? address.port : null;
  }

  /**
   * Listens, unless metrics are turned off. If the default port is taken, for example by another gateway on this machine,
   * the gateway starts without metrics. A port that METRICS_PORT names must be free, and METRICS_HOST must exist here.
   *
   * @throws {WrongSettingsError}
   */
  async listen(): Promise<void> {
    const { port, metrics } = this.settings.server;
    if (metrics.port === undefined) return;
    try {
      // PORT is still free now, but the gateway will listen on it later.
      if (metrics.port === port) throw new Error('it is PORT');
      this.server.listen(metrics.port, metrics.host);
      await once(this.server, 'listening');
    } catch (error) {
      if (!metrics.isDefault) throw new WrongSettingsError([whyNot(error as NodeJS.ErrnoException)]);
      this.logger.error({ port: metrics.port, err: error }, 'no metrics: set METRICS_PORT to a free port');
      return;
    }
    this.metrics.watchProcess();
    this.server.on('error', (error) => {
      this.logger.error({ err: error }, 'metrics');
    });
    this.logger.info({ host: metrics.host, port: this.port }, 'metrics');
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

/** Names the setting that is wrong. */
function whyNot({ code, message }: NodeJS.ErrnoException): string {
  return code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND'
    ? `METRICS_HOST must be an address of this machine: ${message}`
    : `METRICS_PORT must be free: ${message}`;
}
