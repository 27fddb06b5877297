import { ApiProperty, ApiSchema } from '@nestjs/swagger';

import { MAX_PAGE, MAX_PAGE_SIZE } from './list-instances-query.dto.js';
import { ListedInstanceDto } from './listed-instance.dto.js';

@ApiSchema({ name: 'InstancePage', description: 'One page of the instances that you may read' })
export class InstancePageDto {
  @ApiProperty({
    type: () => [ListedInstanceDto],
    maxItems: MAX_PAGE_SIZE,
    description: 'The instances of this page',
  })
  instances!: readonly ListedInstanceDto[];

  @ApiProperty({
    type: 'integer',
    format: 'int32',
    minimum: 0,
    description: 'How many instances there are on all pages together',
    example: 42,
  })
  total!: number;

  @ApiProperty({
    type: 'integer',
    format: 'int32',
    minimum: 1,
    maximum: MAX_PAGE,
    description: 'The number of this page, from 1',
    example: 1,
  })
  page!: number;

  @ApiProperty({
    type: 'integer',
    format: 'int32',
    minimum: 1,
    maximum: MAX_PAGE_SIZE,
    description: 'How many instances a page has at most',
    example: 20,
  })
  pageSize!: number;
}
