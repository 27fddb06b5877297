import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { WrongShapeError } from '../decode.js';
import { type Envelope, interpretResponse } from '../interpret-response.js';
import { type InstanceList, listInstances, type ListInstancesQuery } from './list-instances.js';

const ALL: ListInstancesQuery = { resourceGroupId: undefined, maxInstances: 10_000 };

const NO_FIELDS = {
  InstanceName: null,
  InstanceDescription: null,
  MaxConcurrentConversation: null,
  OwnerName: null,
  CreatorId: null,
  CreatorName: null,
  CreationTime: null,
  ResourceGroupId: null,
  ResourceTags: [],
  IsPreset: null,
};

/** Ids with the numbers from the first to the last one. */
function ids(first: number, last: number): string[] {
  return Array.from({ length: last - first + 1 }, (_, index) => `bot-${first + index}`);
}

/** The answer with instances of these ids. */
function pageOf(instanceIds: readonly string[], more: Envelope = {}): Envelope {
  return { Instances: instanceIds.map((InstanceId) => ({ InstanceId })), ...more };
}

function decode(envelope: Envelope, query = ALL): InstanceList {
  return listInstances.decode(envelope, query);
}

function decodeInstances(envelope: Envelope): unknown[] {
  return [...decode(envelope).instances.values()];
}

/**
 * Reads the whole list from an upstream.
 *
 * @param answer the answer of the upstream to a page number
 * @param maxPages reading more pages is an error
 */
function readAll(
  answer: (page: number) => Envelope,
  maxPages: number,
): { readonly ids: string[]; readonly asked: number[] } {
  const asked: number[] = [];
  let query: ListInstancesQuery | undefined = ALL;
  let list: InstanceList | undefined;
  while (query) {
    const page = Number(listInstances.parameters(query)['PageNumber']);
    asked.push(page);
    if (asked.length > maxPages) throw new Error(`more than ${maxPages} pages were asked for`);
    list = decode(answer(page), query);
    query = listInstances.next?.(list, query);
  }
  return { ids: [...(list?.instances.keys() ?? [])], asked };
}

/** Reads the list from an upstream that has these pages and no more. */
function readPages(...pages: readonly Envelope[]): ReturnType<typeof readAll> {
  return readAll((page) => pages[page - 1]!, pages.length);
}

describe('the parameters of listInstances', () => {
  it('ask ListInstances for the first page of 100', () => {
    expect(listInstances.name).toBe('ListInstances');
    expect(listInstances.parameters(ALL)).toStrictEqual({ PageNumber: '1', PageSize: '100' });
  });

  it('ask for the pages one after another', () => {
    const second = listInstances.next?.(decode(pageOf(ids(1, 100))), ALL);
    expect(listInstances.parameters(second!)).toStrictEqual({ PageNumber: '2', PageSize: '100' });
    const third = listInstances.next?.(decode(pageOf(ids(101, 200)), second), second!);
    expect(listInstances.parameters(third!)).toStrictEqual({ PageNumber: '3', PageSize: '100' });
  });

  it('name the resource group on every page', () => {
    const query = { ...ALL, resourceGroupId: 'rg-1' };
    const second = listInstances.next?.(decode(pageOf(ids(1, 100)), query), query);
    expect(listInstances.parameters(query)).toStrictEqual({
      PageNumber: '1',
      PageSize: '100',
      ResourceGroupId: 'rg-1',
    });
    expect(listInstances.parameters(second!)).toMatchObject({ PageNumber: '2', ResourceGroupId: 'rg-1' });
  });
});

describe('the decoder of listInstances', () => {
  it('keeps the nine fields, the tags and IsPreset', () => {
    const instance = {
      InstanceId: '90515b5-6115-4ccf-83e2-52d5bfaf2ddf',
      InstanceName: '回访',
      InstanceDescription: '这是一个实例',
      MaxConcurrentConversation: 10,
      OwnerName: 'xxx',
      CreatorId: '34234',
      CreatorName: 'xxx',
      CreationTime: 1578469042851,
      ResourceGroupId: 'rg-acfm3iugit3uw7a',
      ResourceTags: [
        { Key: 'age', Value: '20' },
        { Key: 'empty', Value: null },
      ],
      IsPreset: false,
    };
    expect(decodeInstances({ Instances: [instance] })).toStrictEqual([instance]);
  });

  it('makes null of fields that are null or missing, and no tags of null', () => {
    const InstanceId = 'bot-1';
    const nulls = Object.fromEntries(Object.keys(NO_FIELDS).map((name) => [name, null]));
    const expected = [{ InstanceId, ...NO_FIELDS }];
    expect(decodeInstances({ Instances: [{ InstanceId }] })).toStrictEqual(expected);
    expect(decodeInstances({ Instances: [{ InstanceId, ...nulls }] })).toStrictEqual(expected);
  });

  it('keeps every digit of a CreatorId', () => {
    const text =
      '{"Success":true,"Code":"OK","Instances":[{"InstanceId":"bot-1","CreatorId":9223372036854775807}]}';
    const response = { status: 200, headers: {}, body: new TextEncoder().encode(text) };
    expect(interpretResponse(response, decodeInstances)).toMatchObject({
      kind: 'success',
      value: [{ InstanceId: 'bot-1', CreatorId: '9223372036854775807' }],
    });
  });

  it.each([
    ['true', true],
    ['false', false],
  ])('accepts IsPreset as the text "%s"', (IsPreset, expected) => {
    expect(decodeInstances({ Instances: [{ InstanceId: 'bot-1', IsPreset }] })).toMatchObject([
      { IsPreset: expected },
    ]);
  });

  it('drops all other fields, of an instance and of a tag', () => {
    const secrets = { NluProfile: { AccessKey: 'canary' }, NluServiceParamsJson: 'canary' };
    const ResourceTags = [{ Key: 'age', Value: '20', ...secrets }];
    expect(
      decodeInstances({ Instances: [{ InstanceId: 'bot-1', ResourceTags, ...secrets }], ...secrets }),
    ).toStrictEqual([{ ...NO_FIELDS, InstanceId: 'bot-1', ResourceTags: [{ Key: 'age', Value: '20' }] }]);
  });

  it.each([
    ['null', { Instances: null }],
    ['missing', {}],
    ['empty', { Instances: [] }],
  ])('reads an empty list if Instances is %s', (_, envelope) => {
    expect(readPages({ ...envelope, TotalCount: 0 })).toStrictEqual({ ids: [], asked: [1] });
    expect(readPages(envelope)).toStrictEqual({ ids: [], asked: [1] });
  });

  it.each([
    ['an instance without an id', [{ InstanceId: 'bot-1' }, {}], 'Instances[1].InstanceId is missing'],
    ['an instance that is null', [{ InstanceId: 'bot-1' }, null], 'Instances[1] is missing'],
    [
      'a CreatorId that is not an integer',
      [{ InstanceId: 'bot-1', CreatorId: 'x' }],
      'Instances[0].CreatorId is not an integer',
    ],
    [
      'a tag without a key',
      [{ InstanceId: 'bot-1', ResourceTags: [{ Key: 'age' }, { Value: '20' }] }],
      'Instances[0].ResourceTags[1].Key is missing',
    ],
    ['an object in place of the list', { Instance: [] }, 'Instances is not a list'],
  ])('rejects %s, and names the place', (_, Instances, message) => {
    expect(() => decode({ Instances })).toThrow(new WrongShapeError(message));
  });

  it.each(['TotalCount', 'PageSize'])('rejects a %s that is not an integer', (name) => {
    expect(() => decode(pageOf(['bot-1'], { [name]: 'many' }))).toThrow(
      new WrongShapeError(`${name} is not an integer`),
    );
  });
});

describe('the end of the list', () => {
  it('is where TotalCount is reached', () => {
    expect(
      readPages(pageOf(ids(1, 100), { TotalCount: 200 }), pageOf(ids(101, 200), { TotalCount: 200 })),
    ).toStrictEqual({ ids: ids(1, 200), asked: [1, 2] });
  });

  it('is the first short page if there is no TotalCount', () => {
    expect(readPages(pageOf(ids(1, 100)), pageOf(ids(101, 199)))).toStrictEqual({
      ids: ids(1, 199),
      asked: [1, 2],
    });
  });

  it('is an empty page if all pages before it were full and there is no TotalCount', () => {
    expect(readPages(pageOf(ids(1, 100)), pageOf([]))).toStrictEqual({ ids: ids(1, 100), asked: [1, 2] });
  });

  it('is a page with nothing new, whatever TotalCount says', () => {
    const more = { TotalCount: 1000 };
    expect(readPages(pageOf(ids(1, 100), more), pageOf(ids(51, 100), more))).toStrictEqual({
      ids: ids(1, 100),
      asked: [1, 2],
    });
    expect(readPages(pageOf(ids(1, 100), more), pageOf([], more)).ids).toStrictEqual(ids(1, 100));
  });

  it('is the second page of an upstream that ignores page numbers', () => {
    expect(readAll(() => pageOf(ids(1, 150)), 2)).toStrictEqual({ ids: ids(1, 150), asked: [1, 2] });
    expect(readAll(() => pageOf(ids(1, 100), { TotalCount: 150 }), 2).ids).toStrictEqual(ids(1, 100));
  });

  it('is the first page of an upstream that ignores page numbers and counts what it sent', () => {
    expect(readAll(() => pageOf(ids(1, 150), { TotalCount: 150 }), 1).ids).toStrictEqual(ids(1, 150));
  });

  it('is found by TotalCount if the upstream gives smaller pages than asked for', () => {
    const more = { TotalCount: 25 };
    expect(
      readPages(pageOf(ids(1, 10), more), pageOf(ids(11, 20), more), pageOf(ids(21, 25), more)),
    ).toStrictEqual({ ids: ids(1, 25), asked: [1, 2, 3] });
  });

  it('is found by PageSize if the upstream gives smaller pages without TotalCount', () => {
    const more = { PageSize: 10 };
    expect(
      readPages(pageOf(ids(1, 10), more), pageOf(ids(11, 20), more), pageOf(ids(21, 25), more)),
    ).toStrictEqual({ ids: ids(1, 25), asked: [1, 2, 3] });
  });

  it('is the first page that is shorter than 100 if there is neither TotalCount nor PageSize', () => {
    expect(readPages(pageOf(ids(1, 10))).asked).toStrictEqual([1]);
  });

  it('is not a page of 100 from an upstream that says that its pages are larger', () => {
    const more = { PageSize: 500 };
    expect(readPages(pageOf(ids(1, 100), more), pageOf(ids(101, 120), more)).ids).toStrictEqual(ids(1, 120));
  });

  it('moves with a TotalCount that grows while the list is read', () => {
    expect(
      readPages(
        pageOf(ids(1, 100), { TotalCount: 200 }),
        pageOf(ids(101, 200), { TotalCount: 201 }),
        pageOf(ids(201, 201), { TotalCount: 201 }),
      ),
    ).toStrictEqual({ ids: ids(1, 201), asked: [1, 2, 3] });
  });

  it('moves with a TotalCount that shrinks while the list is read', () => {
    expect(
      readPages(pageOf(ids(1, 100), { TotalCount: 201 }), pageOf(ids(101, 199), { TotalCount: 199 })),
    ).toStrictEqual({ ids: ids(1, 199), asked: [1, 2] });
  });
});

describe('an instance that comes twice', () => {
  it('is kept once, as it came first and in its first place', () => {
    const before = decode({ Instances: [{ InstanceId: 'a', InstanceName: 'first' }, { InstanceId: 'b' }] });
    const { instances } = decode(
      { Instances: [{ InstanceId: 'c' }, { InstanceId: 'a', InstanceName: 'second' }, { InstanceId: 'c' }] },
      { ...ALL, readSoFar: before },
    );
    expect([...instances.keys()]).toStrictEqual(['a', 'b', 'c']);
    expect(instances.get('a')?.InstanceName).toBe('first');
  });

  it('does not count towards TotalCount', () => {
    // A new instance comes first in the upstream's list after page 1 was read, so all others move by one place.
    const [before, after] = [{ TotalCount: 200 }, { TotalCount: 201 }];
    expect(
      readPages(
        pageOf(ids(1, 100), before),
        pageOf(ids(100, 199), after),
        pageOf(ids(200, 200), after),
        pageOf([], after),
      ),
    ).toStrictEqual({ ids: ids(1, 200), asked: [1, 2, 3, 4] });
  });

  it('does not change what was read before', () => {
    const before = decode(pageOf(['a']));
    decode(pageOf(['b']), { ...ALL, readSoFar: before });
    expect([...before.instances.keys()]).toStrictEqual(['a']);
  });
});

describe('a list with more than maxInstances', () => {
  const tooLong = new WrongShapeError('the list has more than 2 instances (LIST_MAX_INSTANCES)');
  const query = { ...ALL, maxInstances: 2 };

  it('is rejected when more have come', () => {
    expect(() => decode(pageOf(['a', 'b', 'c']), query)).toThrow(tooLong);
  });

  it('is rejected when more have come than TotalCount says', () => {
    expect(() => decode(pageOf(['a', 'b', 'c'], { TotalCount: 1 }), query)).toThrow(tooLong);
  });

  it('is rejected when more have come on all pages together', () => {
    const readSoFar = decode(pageOf(['a', 'b']), query);
    expect(() => decode(pageOf(['b', 'c']), { ...query, readSoFar })).toThrow(tooLong);
  });

  it('is rejected on the first page if TotalCount says so', () => {
    expect(() => decode(pageOf(['a'], { TotalCount: 3 }), query)).toThrow(tooLong);
  });

  it('is not a list with exactly so many, nor one with duplicates', () => {
    expect(decode(pageOf(['a', 'b'], { TotalCount: 2 }), query).instances.size).toBe(2);
    expect(decode(pageOf(['a', 'b', 'a']), query).instances.size).toBe(2);
  });
});

it('reads every list exactly once and in its order, whatever the page size of the upstream', () => {
  const anyIds = fc.nat(350).map((count) => ids(1, count));
  // Without TotalCount and PageSize, the first page of less than 100 is the last one.
  const anyUpstream = fc.oneof(
    fc.record({
      pageSize: fc.integer({ min: 1, max: 150 }),
      counts: fc.boolean(),
      tellsPageSize: fc.constant(true),
    }),
    fc.record({
      pageSize: fc.integer({ min: 1, max: 150 }),
      counts: fc.constant(true),
      tellsPageSize: fc.boolean(),
    }),
    fc.record({
      pageSize: fc.integer({ min: 100, max: 150 }),
      counts: fc.constant(false),
      tellsPageSize: fc.constant(false),
    }),
  );
  fc.assert(
    fc.property(anyIds, anyUpstream, (all, { pageSize, counts, tellsPageSize }) => {
      const maxPages = counts
        ? Math.max(1, Math.ceil(all.length / pageSize))
        : Math.floor(all.length / pageSize) + 2;
      const read = readAll(
        (page) =>
          pageOf(all.slice((page - 1) * pageSize, page * pageSize), {
            ...(counts && { TotalCount: all.length }),
            ...(tellsPageSize && { PageSize: pageSize }),
          }),
        maxPages,
      );
      expect(read.ids).toStrictEqual(all);
    }),
  );
});
