import { ApiProperty } from '@nestjs/swagger';
import { Matches } from 'class-validator';

/** Wider than a UUID on purpose: the vendor's own sample id is none. */
const INSTANCE_ID = /^[A-Za-z0-9_-]{1,64}$/;

/** What can be tried from the documentation page. The first two exist in the emulator, as in the vendor's own page. */
export const SAMPLE_IDS = {
  sample: { summary: 'An instance', value: '90515b5-6115-4ccf-83e2-52d5bfaf2ddf' },
  another: { summary: 'Another instance', value: 'af81a389-91f0-4157-8d82-720edd02b66a' },
  missing: { summary: 'No instance: 404', value: 'no-such-instance' },
};

export class InstanceParams {
  @ApiProperty({
    pattern: INSTANCE_ID.source,
    description: 'Id of the instance',
    example: '90515b5-6115-4ccf-83e2-52d5bfaf2ddf',
  })
  @Matches(INSTANCE_ID, {
    message: 'The instance id must have 1 to 64 characters: letters, digits, "-" and "_".',
  })
  id!: string;
}
