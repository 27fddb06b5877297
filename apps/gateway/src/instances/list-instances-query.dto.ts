import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, type TransformFnParams } from 'class-transformer';
import { ArrayMaxSize, IsIn, IsInt, IsOptional, Matches, Max } from 'class-validator';

import { says } from '../http/query.pipe.js';
import { INSTANCE_ID, INSTANCE_ID_SCHEMA } from './instance-id.js';

const SORTS = ['instanceName', '-instanceName', 'creationTime', '-creationTime'] as const;
export const MAX_PAGE = 999_999_999;
export const MAX_PAGE_SIZE = 100;
const MAX_TAGS = 20;
const MAX_IDS = 100;

/**
 * The query parameters of `GET /instances`. The message of a rule names its parameter. All examples together find an
 * instance of the emulator.
 */
export class ListInstancesQueryDto {
  @ApiPropertyOptional({
    description: 'Text that the name, the description or the id contains, in letters of either case',
    type: String,
    minLength: 1,
    maxLength: 100,
    example: '回访',
  })
  @IsOptional()
  @Matches(/^.{1,100}$/su, says((texts) => texts.textLength('q', 100)))
  q?: string;

  @ApiPropertyOptional({
    description: 'Only the instances of this resource group',
    type: String,
    minLength: 1,
    maxLength: 128,
    example: 'rg-acfm3iugit3uw7a',
  })
  @IsOptional()
  @Matches(/^.{1,128}$/su, says((texts) => texts.idLength('resourceGroupId', 128)))
  resourceGroupId?: string;

  @ApiPropertyOptional({
    description:
      'Only instances with this tag: `key`, or `key:value`. May be repeated: then all tags must be there',
    type: 'array',
    items: { type: 'string', minLength: 1, maxLength: 257, pattern: '^[^:]' },
    maxItems: MAX_TAGS,
    example: ['age:20'],
  })
  @IsOptional()
  @Transform(({ value }) => asList(value))
  @ArrayMaxSize(MAX_TAGS, says((texts) => texts.tooManyValues('tag', MAX_TAGS)))
  // The upstream allows 128 characters for a key, and for a value.
  @Matches(/^[^:].{0,256}$/su, { each: true, ...says((texts) => texts.tagForm('tag', 257)) })
  tag?: readonly string[];

  @ApiPropertyOptional({
    description:
      'Only these instances. An instance that does not exist, or that you may not read, is left out. May be repeated',
    type: 'array',
    items: INSTANCE_ID_SCHEMA,
    maxItems: MAX_IDS,
    example: ['5d0c7e1a-3f2b-4e86-9b47-c1a8d25f6e90'],
  })
  @IsOptional()
  @Transform(({ value }) => asList(value).flatMap((ids) => String(ids).split(',')))
  @ArrayMaxSize(MAX_IDS, says((texts) => texts.tooManyIds('id', MAX_IDS)))
  @Matches(INSTANCE_ID, { each: true, ...says((texts) => texts.idsForm('id')) })
  id?: readonly string[];

  @ApiPropertyOptional({
    description: 'The order, with `-` descending. Without it, the order of the OutboundBot service',
    type: String,
    enum: SORTS,
    example: '-creationTime',
  })
  @IsOptional()
  @IsIn(SORTS, says((texts) => texts.oneOf('sort', SORTS)))
  sort?: (typeof SORTS)[number];

  @ApiPropertyOptional({
    description: 'The number of the page. A page after the last one is empty',
    type: 'integer',
    format: 'int32',
    minimum: 1,
    maximum: MAX_PAGE,
    default: 1,
    example: 1,
  })
  @Transform(wholeNumber)
  @IsInt(says((texts) => texts.wholeNumber('page', MAX_PAGE)))
  page = 1;

  @ApiPropertyOptional({
    description: 'How many instances a page has',
    type: 'integer',
    format: 'int32',
    minimum: 1,
    maximum: MAX_PAGE_SIZE,
    default: 20,
    example: 20,
  })
  @Transform(wholeNumber)
  @IsInt(says((texts) => texts.wholeNumber('pageSize', MAX_PAGE_SIZE)))
  @Max(MAX_PAGE_SIZE, says((texts) => texts.wholeNumber('pageSize', MAX_PAGE_SIZE)))
  pageSize = 20;
}

/** A repeated parameter comes as a list, any other as a text. */
function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [value];
}

/** NaN for anything but plain decimal digits: `Number` also accepts "1e3" and "0x10". */
function wholeNumber({ value }: TransformFnParams): number {
  return typeof value === 'string' && /^[1-9]\d{0,8}$/.test(value) ? Number(value) : NaN;
}
