import { ApiProperty, ApiSchema } from '@nestjs/swagger';

import { InstanceDto } from './instance.dto.js';

@ApiSchema({ name: 'Tag', description: 'A tag of an instance' })
export class TagDto {
  @ApiProperty({ type: String, minLength: 1, description: 'Key of the tag', example: 'age' })
  key!: string;

  @ApiProperty({ type: String, nullable: true, description: 'Value of the tag', example: '20' })
  value!: string | null;
}

/** An instance as the list shows it. */
@ApiSchema({ name: 'ListedInstance', description: 'An instance, with what only the list shows' })
export class ListedInstanceDto extends InstanceDto {
  @ApiProperty({
    type: () => [TagDto],
    description: 'The tags of the instance',
    example: [{ key: 'age', value: '20' }],
  })
  tags!: readonly TagDto[];

  @ApiProperty({
    type: Boolean,
    nullable: true,
    description: 'Whether the instance comes with the OutboundBot service',
    example: false,
  })
  isPreset!: boolean | null;
}
