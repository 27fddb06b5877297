import openApiUtil from '@alicloud/openapi-util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { parseParameters } from '../protocol/parameters.js';
import { signV1 } from './signature-v1.js';

const names = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 });
const parameters = fc
  .dictionary(names, fc.string({ unit: 'grapheme', maxLength: 40 }), {
    minKeys: 1,
    maxKeys: 6,
    noNullPrototype: true,
  })
  .filter((all) => !Object.hasOwn(all, 'Signature') && !Object.hasOwn(all, '__proto__'));
const methods = fc.constantFrom('GET', 'POST');

describe('signature V1', () => {
  it("agrees with the vendor's signing function on any parameters", () => {
    fc.assert(
      fc.property(parameters, methods, fc.string(), (all, method, secret) => {
        const received = parseParameters(new URLSearchParams(all).toString());
        expect(signV1(method, received, secret)).toBe(
          openApiUtil.default.getRPCSignature(all, method, secret),
        );
      }),
    );
  });

  it('covers the method and every parameter except Signature', () => {
    const sign = (encoded: string, method = 'GET'): string =>
      signV1(method, parseParameters(encoded), 'secret');
    expect(sign('A=1&Signature=abc')).toBe(sign('A=1'));
    expect(sign('A=1')).not.toBe(sign('A=2'));
    expect(sign('A=1')).not.toBe(sign('B=1'));
    expect(sign('A=1')).not.toBe(sign('A=1&A=1'));
    expect(sign('A=1')).not.toBe(sign('A=1', 'POST'));
  });
});
