import { ApiProperty, ApiSchema } from '@nestjs/swagger';

/** The integers that JavaScript holds exactly: the gateway lets no others pass as numbers. */
const SAFE_INTEGER = {
  type: 'integer',
  format: 'int64',
  minimum: Number.MIN_SAFE_INTEGER,
  maximum: Number.MAX_SAFE_INTEGER,
} as const;

/** One OutboundBot business instance: always these nine members, null where the OutboundBot service gives nothing. */
@ApiSchema({ name: 'Instance', description: 'A business instance of the OutboundBot service' })
export class InstanceDto {
  @ApiProperty({
    type: String,
    minLength: 1,
    description: 'Id of the instance. Not always a UUID',
    example: '90515b5-6115-4ccf-83e2-52d5bfaf2ddf',
  })
  instanceId!: string;

  @ApiProperty({ type: String, nullable: true, description: 'Name of the instance', example: '第一個實例' })
  instanceName!: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Description of the instance',
    example: '這個是第一個實例',
  })
  instanceDescription!: string | null;

  @ApiProperty({
    ...SAFE_INTEGER,
    nullable: true,
    description: 'The most conversations that it holds at once',
    example: 4,
  })
  maxConcurrentConversation!: number | null;

  @ApiProperty({ type: String, nullable: true, description: "The owner's name", example: 'xxxx' })
  ownerName!: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    maxLength: 20,
    pattern: '^(0|-?[1-9]\\d*)$',
    description:
      'Id of the account that created it. A decimal string, since it is a 64-bit integer and JavaScript would round it',
    example: '435986',
  })
  creatorId!: string | null;

  @ApiProperty({ type: String, nullable: true, description: "The creator's name", example: 'xxx' })
  creatorName!: string | null;

  @ApiProperty({
    ...SAFE_INTEGER,
    nullable: true,
    description: 'When it was created: Unix time in milliseconds',
    example: 1578469042851,
  })
  creationTime!: number | null;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Id of the resource group that it belongs to',
    example: '90515b5-6115-4ccf-83e2-52d5bfaf2ddf',
  })
  resourceGroupId!: string | null;
}
