import { expect, it } from 'vitest';

import { found } from './entry.js';

it('has a strong tag that depends on the bytes and nothing else', () => {
  expect(found('{"a":"é"}', 1).etag).toMatch(/^"[A-Za-z0-9_-]{27}"$/);
  expect(found('{"a":1}', 1).etag).toBe(found('{"a":1}', 2).etag);
  expect(found('{"a":1}', 1).etag).not.toBe(found('{"a":2}', 1).etag);
});
