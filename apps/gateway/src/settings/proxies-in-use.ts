import { readProxies } from '@app/http-client';

import type { Settings } from './settings.js';

/** For the log: which calls go through which proxy, without its credentials. */
export function proxiesInUse({
  client,
  access: { tokens },
  tracing,
  proxies,
}: Settings): Record<string, string> {
  const used: Readonly<Record<string, URL | undefined>> = {
    upstream: client.proxy,
    // The issuer need not be a URL if the keys are elsewhere.
    tokens: tokens && readProxies(proxies).proxyFor(tokens.jwksUrl ?? tokens.issuer),
    traces: tracing.proxy,
  };
  return Object.fromEntries(
    Object.entries(used).flatMap(([calls, proxy]) => (proxy ? [[calls, proxy.origin]] : [])),
  );
}
