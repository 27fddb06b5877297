import { parse } from 'lossless-json';
import { describe, expect, it } from 'vitest';

import { shapeOf } from './shape.js';

describe('shapeOf', () => {
  it('keeps types and lengths, and no value', () => {
    const envelope = parse(
      '{"Code": "canary", "Success": "true", "HttpStatusCode": "200", "Instance": {"CreatorId": 205273937398494789, "Rate": 0.5, "OwnerName": null}}',
    );
    expect(shapeOf(envelope as object)).toStrictEqual({
      types: { object: 1 },
      members: {
        Code: { types: { string: 1 }, lengths: [6, 6] },
        Success: { types: { 'boolean-text': 1 }, lengths: [4, 4] },
        HttpStatusCode: { types: { 'integer-text': 1 }, lengths: [3, 3] },
        Instance: {
          types: { object: 1 },
          members: {
            CreatorId: { types: { integer: 1 }, lengths: [18, 18] },
            Rate: { types: { number: 1 } },
            OwnerName: { types: { null: 1 } },
          },
        },
      },
    });
  });

  it('describes all instances of a list together', () => {
    const Instances = [{ A: -17, B: 'x' }, { A: 123, B: '' }, { A: null }];
    expect(shapeOf({ Instances }).members?.['Instances']).toStrictEqual({
      types: { list: 1 },
      lengths: [3, 3],
      items: {
        types: { object: 3 },
        members: {
          A: { types: { integer: 2, null: 1 }, lengths: [2, 3] },
          B: { types: { string: 2, missing: 1 }, lengths: [0, 1] },
        },
      },
    });
  });

  it('looks into no unknown object, and drops names that are not of the form of the service', () => {
    const shape = shapeOf({ Extra: { Canary: 1 }, canary: 1, 'Canary 2': 1, NluProfile: { SecretKey: 'x' } });
    expect(shape.members).toStrictEqual({
      Extra: { types: { object: 1 } },
      NluProfile: {
        types: { object: 1 },
        members: { SecretKey: { types: { string: 1 }, lengths: [1, 1] } },
      },
    });
  });
});
