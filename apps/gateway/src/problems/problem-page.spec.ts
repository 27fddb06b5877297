import { createHash } from 'node:crypto';

import { expect, it } from 'vitest';

import { PAGE_SECURITY_HEADERS } from '../http/security-headers.js';
import { PAGE_STYLE } from './problem-page.js';

it('has an inline style that the Content-Security-Policy allows by its hash', () => {
  const hash = createHash('sha256').update(PAGE_STYLE).digest('base64');
  expect(PAGE_SECURITY_HEADERS['content-security-policy']).toContain(`'sha256-${hash}'`);
});
