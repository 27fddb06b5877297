// The result is as that of Fastify's parser: no prototype, and a list for a repeated parameter.
import { parse } from 'node:querystring';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { QueryPipe } from '../http/query.pipe.js';
import { ListInstancesQueryDto } from './list-instances-query.dto.js';
import { pageLinks } from './page-links.js';

type Query = Partial<ListInstancesQueryDto>;

const queryOf = (query: Query): ListInstancesQueryDto => Object.assign(new ListInstancesQueryDto(), query);

/** The links by their relations, in their order, resolved as a client behind a path prefix does. */
function linksOf(query: Query, total: number): Record<string, URL> {
  const links = pageLinks(queryOf(query), total).matchAll(/<([^>]*)>; rel="(\w+)"/g);
  return Object.fromEntries(
    [...links].map(([, target = '', relation = '']) => [
      relation,
      new URL(target, 'https://host.example/bot/instances?q=other&page=9'),
    ]),
  );
}

/** The page of each relation. */
function pagesOf(query: Query, total: number): Record<string, number> {
  return Object.fromEntries(
    Object.entries(linksOf(query, total)).map(([relation, { searchParams }]) => [
      relation,
      Number(searchParams.get('page')),
    ]),
  );
}

/** With the characters that mean something in an address, a header or a list. */
const character = fc.constantFrom(...Array.from('a &=+%#?/\\:;,<>"\'\r\n\0é回😀'));

/** Any valid query; with the size `max`, many are too long for four links. */
function anyQuery(size: 'small' | 'max') {
  const text = (maxLength: number) => fc.string({ unit: character, minLength: 1, maxLength, size });
  const tag = text(257).filter((each) => !each.startsWith(':'));
  const id = fc.string({ unit: fc.constantFrom('A', 'z', '0', '_', '-'), minLength: 1, maxLength: 64, size });
  return fc.record(
    {
      q: text(100),
      resourceGroupId: text(128),
      tag: fc.array(tag, { minLength: 1, maxLength: 20, size }),
      id: fc.array(id, { minLength: 1, maxLength: 100, size }),
      sort: fc.constantFrom('instanceName', '-instanceName', 'creationTime', '-creationTime'),
      page: fc.integer({ min: 1, max: 20 }),
      pageSize: fc.integer({ min: 1, max: 100 }),
    },
    { requiredKeys: ['page', 'pageSize'] },
  );
}

describe('the pages that are linked', () => {
  it.each([
    [1, 60, { next: 2, first: 1, last: 3 }],
    [2, 60, { next: 3, prev: 1, first: 1, last: 3 }],
    [3, 60, { prev: 2, first: 1, last: 3 }],
    [3, 61, { next: 4, prev: 2, first: 1, last: 4 }],
    [1, 20, { first: 1, last: 1 }],
    [1, 0, { first: 1, last: 1 }],
  ])('from page %i of %i instances are %j', (page, total, pages) => {
    expect(pagesOf({ page }, total)).toStrictEqual(pages);
  });

  it('go back to the last page from a page beyond the last one', () => {
    expect(pagesOf({ page: 4 }, 60)).toStrictEqual({ prev: 3, first: 1, last: 3 });
    expect(pagesOf({ page: 999_999_999 }, 60)).toStrictEqual({ prev: 3, first: 1, last: 3 });
    expect(pagesOf({ page: 2 }, 0)).toStrictEqual({ prev: 1, first: 1, last: 1 });
  });

  it('have the page size of the request', () => {
    expect(pageLinks(queryOf({ pageSize: 7 }), 8)).toBe(
      '<instances?page=2&pageSize=7>; rel="next", <instances?page=1&pageSize=7>; rel="first", ' +
        '<instances?page=2&pageSize=7>; rel="last"',
    );
  });
});

describe('the addresses of the links', () => {
  it('begin with the public URL, if there is one', () => {
    expect(pageLinks(queryOf({ page: 2 }), 40, 'https://api.example.com/bot/')).toBe(
      '<https://api.example.com/bot/instances?page=1&pageSize=20>; rel="prev", ' +
        '<https://api.example.com/bot/instances?page=1&pageSize=20>; rel="first", ' +
        '<https://api.example.com/bot/instances?page=2&pageSize=20>; rel="last"',
    );
  });

  it('are relative to the address of the request, so that they work behind a path prefix', () => {
    expect(linksOf({ q: 'bot' }, 60)['next']?.href).toBe(
      'https://host.example/bot/instances?q=bot&page=2&pageSize=20',
    );
  });

  it('keep every filter, as the gateway reads it', () => {
    fc.assert(
      fc.property(anyQuery('small'), fc.nat(3000), (query, total) => {
        for (const { search, searchParams } of Object.values(linksOf(query, total))) {
          const read = new QueryPipe().transform(parse(search.slice(1)), {
            type: 'query',
            metatype: ListInstancesQueryDto,
          });
          expect(read).toStrictEqual(queryOf({ ...query, page: Number(searchParams.get('page')) }));
        }
      }),
    );
  });

  it('do not let a filter end the link', () => {
    const q = '>; rel="next", <https://other.example/>; rel="last"\r\n';
    expect(linksOf({ q }, 0)['last']?.searchParams.get('q')).toBe(q);
    expect(pageLinks(queryOf({ q }), 0)).toMatch(/^[\x20-\x7e]*$/);
  });
});

describe('the length of the links', () => {
  const ids = (count: number) => Array.from({ length: count }, (_, index) => String(index).padStart(64, '-'));

  it('is enough for the next page of a hundred of the longest ids', () => {
    const query = { id: ids(100), pageSize: 50 };
    expect(pagesOf(query, 100)).toStrictEqual({ next: 2 });
    expect(linksOf(query, 100)['next']?.searchParams.get('id')).toBe(query.id.join(','));
  });

  it('is kept by leaving out the last, then the first, then the previous page', () => {
    const [next, prev, first] = [{ next: 3 }, { next: 3, prev: 1 }, { next: 3, prev: 1, first: 1 }];
    const pagesFor = (count: number) => pagesOf({ id: ids(count), page: 2, pageSize: 10 }, 30);
    expect([25, 35, 50, 100].map(pagesFor)).toStrictEqual([{ ...first, last: 3 }, first, prev, next]);
  });

  it('is enough for the previous page if there is no next one', () => {
    expect(pagesOf({ id: ids(100), page: 2, pageSize: 50 }, 100)).toStrictEqual({ prev: 1 });
  });

  it('is at most 8,000 characters, or that of the link to the next page', () => {
    fc.assert(
      fc.property(anyQuery('max'), fc.nat(3000), (query, total) => {
        const links = pageLinks(queryOf(query), total);
        expect(links.length <= 8000 || /^<[^>]*>; rel="next"$/.test(links)).toBe(true);
      }),
      // Shrinking such long queries takes minutes.
      { endOnFailure: true },
    );
  });

  it('is 0 on the last page if no link fits', () => {
    const tag = Array.from({ length: 20 }, () => '回'.repeat(100));
    expect(pageLinks(queryOf({ tag, page: 3 }), 60)).toBe('');
  });

  it('never costs the link to the next page', () => {
    const tag = Array.from({ length: 20 }, () => '回'.repeat(100));
    expect(pagesOf({ tag }, 60)).toStrictEqual({ next: 2 });
  });
});
