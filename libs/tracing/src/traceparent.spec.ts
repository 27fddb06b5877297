import { describe, expect, it } from 'vitest';

import { traceIdOf } from './traceparent.js';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const REST = `${TRACE_ID}-b7ad6b7169203331-01`;

describe('traceIdOf', () => {
  it.each([`00-${REST}`, `01-${REST}`, `cc-${REST}-what-the-future-will-be-like`])(
    'reads %s',
    (traceparent) => {
      expect(traceIdOf({ traceparent })).toBe(TRACE_ID);
    },
  );

  it.each([
    ['is missing', undefined],
    ['is empty', ''],
    ['is in upper case', `00-${REST.toUpperCase()}`],
    ['has the forbidden version', `ff-${REST}`],
    ['has a trace id of zeros', `00-${'0'.repeat(32)}-b7ad6b7169203331-01`],
    ['has a parent id of zeros', `00-${TRACE_ID}-${'0'.repeat(16)}-01`],
    ['is too short', `00-${TRACE_ID}-b7ad6b7169203331`],
    ['has more than version 00 allows', `00-${REST}-more`],
    ['has more without a dash', `01-${REST}more`],
    ['is there twice', `00-${REST}, 00-${REST}`],
  ])('has no result if the header %s', (_name, traceparent) => {
    expect(traceIdOf(traceparent === undefined ? {} : { traceparent })).toBeUndefined();
  });
});
