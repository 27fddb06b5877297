import { http, type HttpHandler } from 'msw';

import { fakeGateway, type FakeGatewayOptions } from './fake-gateway.js';

export interface GatewayHandlersOptions extends FakeGatewayOptions {
  /** As for `createGatewayClient`. */
  readonly baseUrl: string;
}

/** Makes handlers for Mock Service Worker that answer as `fakeGateway` does. */
export function gatewayHandlers({ baseUrl, instances }: GatewayHandlersOptions): HttpHandler[] {
  const answer = fakeGateway({ instances });
  const base = baseUrl.replace(/\/+$/, '');
  return ['/instances', '/instances/:id'].map((path) =>
    http.get(`${base}${path}`, ({ request }) => answer(request)),
  );
}
