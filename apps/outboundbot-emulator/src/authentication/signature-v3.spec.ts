import openApiUtil from '@alicloud/openapi-util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { parseParameters } from '../protocol/parameters.js';
import { findUnsignedHeaders, parseV3Authorization, sha256Hex, signV3 } from './signature-v3.js';

const vector = {
  method: 'POST',
  path: '/',
  query: parseParameters('ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai'),
  headers: {
    host: 'ecs.cn-shanghai.aliyuncs.com',
    'x-acs-action': 'RunInstances',
    'x-acs-version': '2014-05-26',
    'x-acs-date': '2023-10-26T10:22:32Z',
    'x-acs-signature-nonce': '3156853299f313e23d1673dc12e1703d',
    'x-acs-content-sha256': sha256Hex(''),
  },
  payloadHash: sha256Hex(''),
};
const vectorHeaders = Object.keys(vector.headers).sort();
const vectorSignature = '06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0';

describe('signature V3', () => {
  it('signs the published example with the published signature', () => {
    expect(signV3(vector, vectorHeaders, 'YourAccessKeySecret')).toBe(vectorSignature);
  });

  it('is the same whether reserved characters of the path are escaped or not', () => {
    const sign = (path: string): string => signV3({ ...vector, path }, vectorHeaders, 'secret');
    expect(sign("/a(b)'/c d")).toBe(sign('/a%28b%29%27/c%20d'));
    expect(sign('/a%zz')).not.toBe(sign('/a'));
  });

  it('trims header values and joins repeated ones', () => {
    const sign = (value: string | string[]): string =>
      signV3({ ...vector, headers: { ...vector.headers, 'x-acs-a': value } }, ['x-acs-a'], 'secret');
    expect(sign(' 1 ')).toBe(sign('1'));
    expect(sign(['1', '2'])).toBe(sign('1,2'));
  });

  it('parses an Authorization header with or without blanks after the commas', () => {
    const parts = { accessKeyId: 'id', signedHeaders: ['host', 'x-acs-date'], signature: 'ab12' };
    const start = 'ACS3-HMAC-SHA256 Credential=id';
    expect(parseV3Authorization(`${start},SignedHeaders=x-acs-date;host,Signature=ab12`)).toEqual(parts);
    expect(parseV3Authorization(`${start}, SignedHeaders=Host;X-Acs-Date, Signature=ab12`)).toEqual(parts);
  });

  it.each([
    '',
    'Basic aWQ6c2VjcmV0',
    'ACS3-HMAC-SM3 Credential=id,SignedHeaders=host,Signature=ab12',
    'ACS3-HMAC-SHA256 Credential=id,SignedHeaders=host',
    'ACS3-HMAC-SHA256 Credential=,SignedHeaders=host,Signature=ab12',
    'ACS3-HMAC-SHA256 Credential=id,SignedHeaders=host,Signature=AB12',
  ])('does not accept "%s" as an Authorization header', (header) => {
    expect(parseV3Authorization(header)).toBeUndefined();
  });

  it('lists the headers that are sent and not signed, or signed and not sent', () => {
    const headers = { host: 'h', 'content-type': 't', 'x-acs-date': 'd', 'user-agent': 'u' };
    expect(findUnsignedHeaders(headers, ['host'])).toEqual(['content-type', 'x-acs-date']);
    expect(
      findUnsignedHeaders(headers, ['content-type', 'host', 'x-acs-date', 'x-acs-gone', 'constructor']),
    ).toEqual(['x-acs-gone', 'constructor']);
  });
});

// The vendor's signing function does not escape parameter names, so these names need no escaping.
const names = fc.stringMatching(/^[A-Za-z0-9._~-]{1,12}$/).filter((name) => name !== '__proto__');
const values = fc.string({ unit: 'grapheme', maxLength: 40 });
const queries = fc.dictionary(names, values, { minKeys: 1, maxKeys: 6, noNullPrototype: true });

function signByVendor(query: Record<string, string>, secret: string): string {
  const request = { method: 'POST', pathname: '/', query, headers: vector.headers };
  const header = openApiUtil.default.getAuthorization(
    request as never,
    'ACS3-HMAC-SHA256',
    vector.payloadHash,
    'id',
    secret,
  );
  return parseV3Authorization(header)!.signature;
}

describe("signature V3 and the vendor's signing function", () => {
  it('agree on every query after it was sent', () => {
    fc.assert(
      fc.property(queries, fc.string({ minLength: 1 }), (query, secret) => {
        const onTheWire = new URLSearchParams(query).toString();
        const received = { ...vector, query: parseParameters(onTheWire) };
        expect(signV3(received, vectorHeaders, secret)).toBe(signByVendor(query, secret));
      }),
    );
  });

  it('disagree when one character of a value, a name or the secret differs', () => {
    fc.assert(
      fc.property(queries, fc.nat(), fc.nat(), fc.constantFrom(0, 1), (query, which, where, part) => {
        const pairs = Object.entries(query);
        const pair = pairs[which % pairs.length]!;
        pair[part] = flip(pair[part], where);
        fc.pre(part === 1 || !Object.hasOwn(query, pair[0]));
        expect(signV3({ ...vector, query: pairs }, vectorHeaders, 'secret')).not.toBe(
          signByVendor(query, 'secret'),
        );
        expect(signV3({ ...vector, query: Object.entries(query) }, vectorHeaders, 'Secret')).not.toBe(
          signByVendor(query, 'secret'),
        );
      }),
    );
  });
});

function flip(text: string, where: number): string {
  const characters = Array.from(text);
  const index = where % (characters.length || 1);
  characters[index] = characters[index] === 'x' ? 'y' : 'x';
  return characters.join('');
}
