import { readProxies } from '@app/http-client';

import type { Settings } from './settings.js';

/** For the log: the proxy of each kind of call, without the proxy's credentials. */
export function proxiesInUse({
  client,
  access: { tokens },
  tracing,
  proxies,
}: Settings): Record<string, string> {
  const used: Readonly<Record<string, URL | undefined>> = {
    upstream: client.proxy,
    // With AUTH_JWT_JWKS_URL the issuer need not be a URL.
    tokens: tokens && readProxies(proxies).proxyFor(tokens.jwksUrl ?? tokens.issuer),
    traces: tracing.proxy,
  };
  return Object.fromEntries(
    Object.entries(used).flatMap(([calls, proxy]) => (proxy ? [[calls, proxy.origin]] : [])),
  );
}
