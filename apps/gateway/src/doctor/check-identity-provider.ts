import { ProviderKeys } from '@app/authentication';
import { readProxies } from '@app/http-client';
import type { Clock } from '@app/resilience';

import type { Settings } from '../settings/settings.js';
import { elapsed, fail, type Finding, ok, skip } from './finding.js';

/** Fetches the metadata and the keys as the gateway does. */
export async function checkIdentityProvider(
  { access: { tokens }, proxies }: Settings,
  clock: Clock,
): Promise<Finding> {
  const step = 'identity provider';
  if (!tokens) return skip(step, 'AUTH_MODE does not name jwt');
  let reason = 'no answer';
  const keys = new ProviderKeys(
    {
      ...tokens,
      proxies: readProxies(proxies),
      onFetch: () => undefined,
      onKeysTooOld: () => undefined,
      onStateChange: (_state, why = reason) => {
        reason = why;
      },
    },
    clock,
  );
  const startedAt = clock.now();
  const isFetched = await keys.renew();
  keys.close();
  const what = tokens.jwksUrl === undefined ? 'metadata and keys' : 'keys';
  if (isFetched) return ok(step, `${what} fetched in ${elapsed(clock, startedAt)}`);
  return fail(
    step,
    `its ${what} cannot be fetched (${reason})`,
    tokens.jwksUrl === undefined
      ? 'Check AUTH_JWT_ISSUER: its /.well-known/openid-configuration must be reachable from here, or set AUTH_JWT_JWKS_URL.'
      : 'Check AUTH_JWT_JWKS_URL, which must be reachable from here.',
    'Until then the gateway answers 503 to every token.',
  );
}
