import { ApiProperty, ApiSchema } from '@nestjs/swagger';

import { ListedInstanceDto } from './listed-instance.dto.js';

@ApiSchema({ name: 'InstancePage', description: 'One page of the instances that you may read' })
export class InstancePageDto {
  @ApiProperty({ type: () => [ListedInstanceDto], description: 'The instances of this page' })
  instances!: readonly ListedInstanceDto[];

  @ApiProperty({
    type: 'integer',
    minimum: 0,
    description: 'How many instances there are on all pages together',
    example: 42,
  })
  total!: number;

  @ApiProperty({ type: 'integer', minimum: 1, description: 'The number of this page, from 1', example: 1 })
  page!: number;

  @ApiProperty({
    type: 'integer',
    minimum: 1,
    maximum: 100,
    description: 'How many instances a page has at most',
    example: 20,
  })
  pageSize!: number;
}
