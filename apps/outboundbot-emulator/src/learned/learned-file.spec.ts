import { describe, expect, it } from 'vitest';

import { toLearned } from './learned-file.js';

const ACTION = {
  status: 200,
  code: 'OK',
  isInBandFailure: false,
  bodyFormat: 'json',
  mediaType: 'application/json',
  headerNames: ['date'],
  isAboutAnother: false,
  ms: 12,
};
const withShape = (shape: unknown) => ({ format: 1, actions: { A: { ...ACTION, shape } } });

describe('toLearned', () => {
  it('reads actions and paging', () => {
    const shape = { types: { object: 1 }, members: { Name: { types: { string: 2 }, lengths: [1, 2] } } };
    const paging = { omitted: ['TotalCount', 'canary'], maxPageSize: 20, ignoresPageNumber: true };
    expect(toLearned({ ...withShape(shape), paging })).toStrictEqual({
      actions: { A: { ...ACTION, shape } },
      paging: { omit: ['TotalCount'], maxPageSize: 20, ignorePageNumber: true },
    });
    expect(toLearned({ format: 1, actions: { A: ACTION } }).paging).toBeUndefined();
  });

  it.each([
    [[], 'the file is not a JSON object'],
    [{ format: 2, actions: {} }, 'its format is not 1'],
    [{ format: 1 }, 'actions is not a JSON object'],
    [{ format: 1, actions: { A: { ...ACTION, status: 99 } } }, 'A.status is no HTTP status'],
    [{ format: 1, actions: { A: { ...ACTION, ms: -1 } } }, 'A.ms is no time in milliseconds'],
    [{ format: 1, actions: { A: { ...ACTION, headerNames: [1] } } }, 'A.headerNames is no list of names'],
    [withShape({ types: { canary: 1 } }), 'A.shape.types.canary is not known, or no count'],
    [withShape({ types: {}, lengths: [1] }), 'A.shape.lengths is not a pair of lengths'],
    [withShape({ types: {}, members: { B: null } }), 'A.shape.members.B is not a JSON object'],
    [withShape({ types: {}, items: 1 }), 'A.shape.items is not a JSON object'],
  ])('refuses %j and names the wrong place', (value, message) => {
    expect(() => toLearned(value)).toThrow(message);
  });
});
