import { ALL_INSTANCES, NO_INSTANCES, type ReadAccess } from '@app/authentication';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { instanceListView } from './instance-list-view.js';
import type { InstancePageDto } from './instance-page.dto.js';
import { ListInstancesQueryDto } from './list-instances-query.dto.js';
import type { ListedInstanceDto } from './listed-instance.dto.js';
import { pageLinks } from './page-links.js';

type Query = Partial<ListInstancesQueryDto>;

const queryOf = (query: Query): ListInstancesQueryDto => Object.assign(new ListInstancesQueryDto(), query);

function instance(instanceId: string, more: Partial<ListedInstanceDto> = {}): ListedInstanceDto {
  return {
    instanceId,
    instanceName: null,
    instanceDescription: null,
    maxConcurrentConversation: null,
    ownerName: null,
    creatorId: null,
    creatorName: null,
    creationTime: null,
    resourceGroupId: null,
    tags: [],
    isPreset: null,
    ...more,
  };
}

const tags = (...pairs: [key: string, value: string | null][]): Partial<ListedInstanceDto> => ({
  tags: pairs.map(([key, value]) => ({ key, value })),
});

/** Access to the instances whose ids start with the text. */
const accessTo = (start: string): ReadAccess => ({
  mayRead: (instanceId) => instanceId.startsWith(start),
  accessName: `${start}*`,
});

function pageOf(all: readonly ListedInstanceDto[], query: Query, access = ALL_INSTANCES): InstancePageDto {
  return instanceListView(queryOf(query), access).of(all).body as InstancePageDto;
}

function idsOf(all: readonly ListedInstanceDto[], query: Query, access = ALL_INSTANCES): string[] {
  return pageOf(all, query, access).instances.map(({ instanceId }) => instanceId);
}

it('shows the first 20 instances in the order of the upstream if nothing is asked for', () => {
  const all = Array.from({ length: 21 }, (_, index) => instance(`bot-${99 - index}`));
  expect(pageOf(all, {})).toStrictEqual({ instances: all.slice(0, 20), total: 21, page: 1, pageSize: 20 });
});

describe('the filter q', () => {
  const all = [
    instance('bot-1', { instanceName: 'Customers' }),
    instance('bot-2', { instanceDescription: '回访 CUSTOMERS' }),
    instance('customers-3', { instanceName: 'Bot' }),
    instance('bot-4', { ownerName: 'customers', creatorName: 'customers', ...tags(['customers', '']) }),
  ];

  it.each(['customers', 'CUSTOMERS', 'usTo'])(
    'finds %s in the name, the description and the id, in letters of either case',
    (q) => {
      expect(idsOf(all, { q })).toStrictEqual(['bot-1', 'bot-2', 'customers-3']);
    },
  );

  it.each([
    ['回访', ['bot-2']],
    ['回访 c', ['bot-2']],
    ['bot-', ['bot-1', 'bot-2', 'bot-4']],
    ['.*', []],
    ['null', []],
  ])('takes %s as it is', (q, ids) => {
    expect(idsOf(all, { q })).toStrictEqual(ids);
  });
});

describe('the filter resourceGroupId', () => {
  it('leaves the instances of exactly this group', () => {
    const all = [
      instance('a', { resourceGroupId: 'rg-1' }),
      instance('b', { resourceGroupId: 'rg-10' }),
      instance('c', { resourceGroupId: 'RG-1' }),
      instance('d'),
    ];
    expect(idsOf(all, { resourceGroupId: 'rg-1' })).toStrictEqual(['a']);
    expect(idsOf(all, { resourceGroupId: 'null' })).toStrictEqual([]);
  });
});

describe('the filter tag', () => {
  const all = [
    instance('a', tags(['age', '20'])),
    instance('b', tags(['age', '30'], ['env', 'dev'])),
    instance('c', tags(['age', null])),
    instance('d', tags(['age', ''])),
    instance('e', tags(['AGE', '20'], ['ages', '20'])),
    instance('f', tags(['acs:rm:id', 'x:y'])),
    instance('g'),
  ];

  it.each([
    [['age'], ['a', 'b', 'c', 'd']],
    [['age:20'], ['a']],
    [['age:2'], []],
    [['age:'], ['c', 'd']],
    [['age:null'], []],
    [['acs:rm:id'], ['f']],
    [['acs:rm:id:x:y'], ['f']],
    [['acs'], []],
    [['age', 'env'], ['b']],
    [['age:30', 'env:dev'], ['b']],
    [['age:30', 'env:prod'], []],
    [['age:20', 'age:30'], []],
  ])('%j leaves %j', (tag, ids) => {
    expect(idsOf(all, { tag })).toStrictEqual(ids);
  });
});

describe('the filter id', () => {
  it('leaves the named instances that exist, once each and in the order of the list', () => {
    const all = ['a', 'b', 'c'].map((id) => instance(id));
    expect(idsOf(all, { id: ['c', 'missing', 'a', 'c', 'B'] })).toStrictEqual(['a', 'c']);
  });
});

it('shows only the instances that match all filters', () => {
  const match = { instanceName: 'bot', resourceGroupId: 'rg-1', ...tags(['age', '20']) };
  const all = [
    instance('a', match),
    instance('b', { ...match, instanceName: 'other' }),
    instance('c', { ...match, resourceGroupId: 'rg-2' }),
    instance('d', { ...match, tags: [] }),
    instance('e', match),
  ];
  const query = { q: 'bot', resourceGroupId: 'rg-1', tag: ['age'], id: ['a', 'b', 'c', 'd'] };
  expect(pageOf(all, query)).toMatchObject({ instances: [all[0]], total: 1 });
});

describe('the order', () => {
  const all = [
    instance('1', { instanceName: 'b', creationTime: 200 }),
    instance('2', { instanceName: null, creationTime: 100 }),
    instance('3', { instanceName: 'C', creationTime: null }),
    instance('4', { instanceName: 'A', creationTime: 1000 }),
    instance('5', { instanceName: 'b', creationTime: 100 }),
    instance('6', { instanceName: null, creationTime: 0 }),
    instance('7', { instanceName: 'a', creationTime: null }),
    instance('8', { instanceName: '', creationTime: -1 }),
  ];

  it.each([
    ['instanceName', '8 7 4 1 5 3 2 6'],
    ['-instanceName', '3 1 5 4 7 8 2 6'],
    ['creationTime', '8 6 2 5 1 4 3 7'],
    ['-creationTime', '4 1 2 5 6 8 3 7'],
  ] as const)('%s has nulls last and ties in the order of the upstream', (sort, ids) => {
    expect(idsOf(all, { sort })).toStrictEqual(ids.split(' '));
  });

  it('applies before the page is taken, and together with filters', () => {
    expect(idsOf(all, { sort: 'creationTime', page: 2, pageSize: 3 })).toStrictEqual(['5', '1', '4']);
    expect(idsOf(all, { sort: '-creationTime', q: 'b' })).toStrictEqual(['1', '5']);
  });

  it('is that of the new list after the list has changed', () => {
    expect(idsOf(all, { sort: 'creationTime' })).not.toContain('9');
    const changed = [instance('9', { creationTime: 0 }), ...all];
    expect(idsOf(changed, { sort: 'creationTime' }).slice(0, 3)).toStrictEqual(['8', '9', '6']);
  });

  it('is found once for all views of a list', () => {
    let reads = 0;
    const counted = Object.defineProperty(instance('a'), 'creationTime', { get: () => (reads += 1) });
    const list = [counted, ...all];
    idsOf(list, { sort: 'creationTime' });
    const readsOfFirst = reads;
    idsOf(list, { sort: 'creationTime', q: 'a' });
    expect(reads).toBe(readsOfFirst);
    expect(idsOf(list, { sort: '-creationTime' })).not.toStrictEqual(idsOf(list, { sort: 'creationTime' }));
  });

  it('does not change the list, which all requests share', () => {
    const list = [...all];
    for (const sort of ['instanceName', '-creationTime'] as const) idsOf(list, { sort });
    expect(list).toStrictEqual(all);
  });
});

describe('the pages', () => {
  it('show each instance once when they are joined, whatever their size, order and filters', () => {
    const anyInstance = fc.record({
      instanceName: fc.option(fc.constantFrom('', 'a', 'A', 'b', 'bot')),
      creationTime: fc.option(fc.integer({ min: 0, max: 3 })),
      resourceGroupId: fc.option(fc.constant('rg-1')),
    });
    const anyList = fc
      .array(anyInstance, { maxLength: 150, size: 'max' })
      .map((list) => list.map((more, index) => instance(`${index % 3}-${index}`, more)));
    const anyFilters = fc.record(
      {
        q: fc.constantFrom('a', '1'),
        resourceGroupId: fc.constant('rg-1'),
        sort: fc.constantFrom('instanceName', '-instanceName', 'creationTime', '-creationTime'),
      },
      { requiredKeys: [] },
    );
    const anySize = fc.integer({ min: 1, max: 100 });
    const anyAccess = fc.constantFrom(ALL_INSTANCES, accessTo('1'));
    fc.assert(
      fc.property(anyList, anyFilters, anySize, anyAccess, (all, filters, pageSize, access) => {
        const { total } = pageOf(all, filters, access);
        const joined = (size: number): string[] =>
          Array.from({ length: Math.ceil(total / size) }, (_, index) =>
            idsOf(all, { ...filters, page: index + 1, pageSize: size }, access),
          ).flat();
        const ids = joined(pageSize);
        expect(ids).toHaveLength(total);
        expect(new Set(ids).size).toBe(total);
        expect(ids).toStrictEqual(joined(100));
      }),
    );
  });

  it('have as many instances as their size, but for the last one', () => {
    const all = Array.from({ length: 7 }, (_, index) => instance(String(index)));
    const pages = [1, 2, 3, 4].map((page) => idsOf(all, { page, pageSize: 3 }));
    expect(pages).toStrictEqual([['0', '1', '2'], ['3', '4', '5'], ['6'], []]);
  });

  it('beyond the last one are empty, with the same total', () => {
    const all = [instance('a')];
    const beyond = { instances: [], total: 1, page: 999_999_999, pageSize: 100 };
    expect(pageOf(all, { page: 999_999_999, pageSize: 100 })).toStrictEqual(beyond);
  });
});

describe('the access', () => {
  const all = Array.from({ length: 60 }, (_, index) => instance(`${index < 11 ? 'own' : 'other'}-${index}`));

  it('leaves only what the caller may read, in the total and the links, too', () => {
    const { body, headers } = instanceListView(queryOf({ pageSize: 10 }), accessTo('own')).of(all);
    expect(body).toStrictEqual({ instances: all.slice(0, 10), total: 11, page: 1, pageSize: 10 });
    expect(headers).toStrictEqual({ link: pageLinks(queryOf({ pageSize: 10 }), 11) });
  });

  it('holds for every filter', () => {
    const own = accessTo('own');
    expect(idsOf(all, { id: ['own-1', 'other-20'] }, own)).toStrictEqual(['own-1']);
    expect(pageOf(all, { q: 'other' }, own)).toMatchObject({ instances: [], total: 0 });
    expect(pageOf(all, { q: '1' }, own).total).toBe(2);
  });

  it('to no instance shows an empty list', () => {
    expect(pageOf(all, {}, NO_INSTANCES)).toMatchObject({ instances: [], total: 0 });
  });
});

describe('the filter q for letters whose case is not simple', () => {
  it.each([
    ['ΟΔΟΣΑ', 'οδος'],
    ['ΟΔΟΣ', 'οδοσ'],
    ['Straße', 'STRASSE'],
    ['Cafe\u0301', 'caf\u00e9'],
    ['İstanbul', 'i\u0307stanbul'],
  ])('finds %s by %s', (instanceName, q) => {
    expect(idsOf([instance('bot-1', { instanceName })], { q })).toStrictEqual(['bot-1']);
  });
});

describe('the Link field', () => {
  it('is absent if the filters are too long for any link', () => {
    const tag = Array.from({ length: 20 }, () => '回'.repeat(100));
    expect(instanceListView(queryOf({ tag }), ALL_INSTANCES).of([]).headers).toStrictEqual({});
  });
});

describe('the name of a view', () => {
  const nameOf = (query: Query, access = ALL_INSTANCES): string =>
    instanceListView(queryOf(query), access).name;

  it('differs for every difference in query and access', () => {
    const queries: Query[] = [
      {},
      { q: 'a' },
      { q: 'b' },
      { q: '","page":2' },
      { resourceGroupId: 'a' },
      { tag: ['a'] },
      { tag: ['a', 'b'] },
      { tag: ['a,b'] },
      { tag: ['a","b'] },
      { id: ['a'] },
      { id: ['a', 'b'] },
      { id: ['ab'] },
      { sort: 'instanceName' },
      { sort: '-instanceName' },
      { sort: 'creationTime' },
      { sort: '-creationTime' },
      { page: 2 },
      { page: 20 },
      { pageSize: 2 },
      { pageSize: 20, page: 2, q: 'a' },
    ];
    const names = [ALL_INSTANCES, NO_INSTANCES, accessTo('a'), accessTo('b')].flatMap((access) =>
      queries.map((query) => nameOf(query, access)),
    );
    expect(new Set(names).size).toBe(4 * queries.length);
  });

  it('is the same for callers that may read the same', () => {
    expect(nameOf({ q: 'a' }, accessTo('a'))).toBe(nameOf({ q: 'a' }, accessTo('a')));
  });
});
