import { describe, expect, it } from 'vitest';

import { entryKeyOf, fingerprintOf } from './account.js';
import { namespaceOf } from './namespace.js';

describe('an account', () => {
  it('has the same key and fingerprint in every replica and release', () => {
    const account = { secret: 'the secret', accessKeyId: 'id' };
    expect(entryKeyOf(account).toString('hex')).toBe(
      '958086184380a6e9c9c0cc53e23549582ade26148fdb97ac9310906ad1a437a0',
    );
    expect(namespaceOf(account, 'host:443')).toBe('outboundbot-gateway:2:C7xUPBRix1ZpXJlr:host:443');
  });

  it('has another fingerprint with another secret, access key, role or profile', () => {
    const fingerprints = [
      { secret: 'a' },
      { secret: 'b' },
      { secret: 'a', accessKeyId: 'one' },
      { secret: 'a', accessKeyId: 'two' },
      { secret: 'a', roleOrProfile: 'acs:ram::1:role/gateway' },
      { secret: 'a', roleOrProfile: 'acs:ram::2:role/gateway' },
    ].map(fingerprintOf);
    expect(new Set(fingerprints).size).toBe(6);
  });
});
