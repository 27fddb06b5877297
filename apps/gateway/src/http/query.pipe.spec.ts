// The result is as that of Fastify's parser: no prototype, and a list for a repeated parameter.
import { parse } from 'node:querystring';

import { type Language, Problem } from '@app/problem-details';
import type { ArgumentMetadata } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { IsIn, IsInt, IsOptional, Matches, Max } from 'class-validator';
import { describe, expect, it } from 'vitest';

import { QueryPipe, says } from './query.pipe.js';

class FruitQuery {
  @IsOptional()
  @Matches(/^[a-z]{1,10}$/, says(() => 'name must be 1 to 10 small letters.'))
  name?: string;

  @IsOptional()
  @IsIn(['red', 'green'], { each: true, ...says(() => 'color must be red or green.') })
  color?: string | readonly string[];

  @Transform(({ value }) => Number(value))
  @IsInt(says(() => 'page must be a whole number.'))
  @Max(9, says((texts) => texts.wholeNumber('page', 9)))
  page = 1;
}

const METADATA: ArgumentMetadata = { type: 'query', metatype: FruitQuery };

/** What the route gets. */
function check(query: Readonly<Record<string, unknown>>): object {
  return new QueryPipe().transform(query, METADATA);
}

/** The message to the caller of a wrong query. */
function faultsOf(queryString: string, language: Language = 'en'): string {
  try {
    check(parse(queryString));
  } catch (error) {
    if (error instanceof Problem && error.code === 'invalid-request') return error.detailIn(language);
    throw error;
  }
  throw new Error('the query was accepted');
}

describe('QueryPipe', () => {
  it('returns an object of the class, with converted values and defaults', () => {
    const query = check({ name: 'pear', page: '2' });
    expect(query).toBeInstanceOf(FruitQuery);
    expect(query).toMatchObject({ name: 'pear', page: 2 });
    expect(check({})).toMatchObject({ page: 1 });
  });

  it('accepts the null-prototype object that Fastify makes of a query', () => {
    expect(check(parse('name=pear'))).toMatchObject({ name: 'pear' });
  });

  it('does not change the query of the request', () => {
    const query = { page: '2' };
    check(query);
    expect(query).toStrictEqual({ page: '2' });
  });

  it('names a parameter that the class does not have', () => {
    expect(faultsOf('nmae=pear')).toBe('nmae is not a parameter of this route.');
  });

  it.each(['toString', 'constructor', 'hasOwnProperty', '__proto__'])(
    'rejects %s like any other unknown parameter',
    (name) => {
      expect(faultsOf(`${name}=1`)).toBe(`${name} is not a parameter of this route.`);
      expect(faultsOf(`${name}=1&${name}=2`)).toBe(`${name} is not a parameter of this route.`);
    },
  );

  it.each([
    ['long', 'a'.repeat(5000)],
    ['with markup', '<script>alert(1)</script>'],
    ['with a line break', 'name\n'],
    ['with characters outside ASCII', 'náme'],
    ['that is empty', ''],
  ])('does not repeat an unknown name %s', (_, name) => {
    expect(faultsOf(`${encodeURIComponent(name)}=1`)).toBe(
      'A name that is long or has unusual characters is not a parameter of this route.',
    );
  });

  it('names several wrong and unknown parameters at once', () => {
    expect(faultsOf('page=10&nmae=pear&name=PEAR&colour=red')).toBe(
      'name must be 1 to 10 small letters. page must be a whole number from 1 to 9. ' +
        'nmae is not a parameter of this route. colour is not a parameter of this route.',
    );
  });

  it('names them in the language of the caller', () => {
    expect(faultsOf('page=10&nmae=pear', 'zh-Hant')).toBe(
      'page 必須是 1 到 9 之間的整數。nmae 不是此路徑支援的參數。',
    );
  });

  it('names one fault of each wrong parameter', () => {
    expect(faultsOf('page=10')).toBe('page must be a whole number from 1 to 9.');
    expect(faultsOf('page=x')).toMatch(/^page must be a whole number[^.]*\.$/);
  });

  it('names at most ten unknown parameters, so that the answer stays short', () => {
    const names = Array.from({ length: 1000 }, (_, index) => `x${index}`);
    expect(faultsOf(names.join('&')).match(/x\d+/g)).toStrictEqual(names.slice(0, 10));
  });

  it('rejects a single parameter that is given twice', () => {
    expect(faultsOf('name=pear&name=plum')).toBe('name must be 1 to 10 small letters.');
    expect(faultsOf('page=1&page=1')).toMatch(/^page must be /);
  });

  it('accepts a parameter that is given twice if the class says so', () => {
    expect(check(parse('color=red&color=green'))).toMatchObject({ color: ['red', 'green'] });
    expect(faultsOf('color=red&color=blue')).toBe('color must be red or green.');
  });
});
