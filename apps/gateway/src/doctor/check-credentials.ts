import { findCredentials } from '@app/outboundbot-client';

import type { Settings } from '../settings/settings.js';
import { fail, type Finding, ok } from './finding.js';

/** Which provider gives the access key, and why the others do not. */
export async function checkCredentials({ client: { accessKey } }: Settings): Promise<Finding> {
  const { provider, idEnding, isTemporary, rejected } = await findCredentials(accessKey);
  const others = rejected.map((each) => `${each.provider}: ${each.reason}`);
  if (provider === undefined) {
    return fail(
      'credentials',
      'no provider gives an access key',
      'Set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, or repair one of these:',
      ...others,
    );
  }
  const source = provider === 'settings' ? 'ALIBABA_CLOUD_ACCESS_KEY_ID' : provider;
  const kind = isTemporary ? 'a temporary access key with its STS token' : 'an access key';
  const ending = idEnding === undefined ? '' : `, its id ends in ${idEnding}`;
  const before = others.length === 0 ? '' : ` (not ${others.join('; not ')})`;
  return ok('credentials', `${kind} from ${source}${ending}${before}`);
}
