import { Problem } from '@app/problem-details';

/** Not only UUIDs: the id in the vendor's own sample is not a UUID. */
export const INSTANCE_ID = /^[A-Za-z0-9_-]{1,64}$/;

/** The same for the documentation. */
export const INSTANCE_ID_SCHEMA = {
  type: 'string',
  minLength: 1,
  maxLength: 64,
  pattern: INSTANCE_ID.source,
} as const;

/**
 * Rejects text that cannot be an instance id. Not a pipe of Nest: that costs a cached answer 3% more (docs/adr/0011).
 *
 * @throws {Problem} `invalid-request`
 */
export function checkInstanceId(id: string): void {
  if (INSTANCE_ID.test(id)) return;
  throw new Problem('invalid-request', { detail: (texts) => texts.malformedInstanceId });
}

/** The documentation of the parameter. Its examples exist in the emulator, except for the last one. */
export const INSTANCE_ID_PARAM = {
  name: 'id',
  description: 'Id of the instance',
  schema: INSTANCE_ID_SCHEMA,
  examples: {
    sample: { summary: 'An instance', value: '90515b5-6115-4ccf-83e2-52d5bfaf2ddf' },
    another: { summary: 'Another instance', value: 'af81a389-91f0-4157-8d82-720edd02b66a' },
    missing: { summary: 'No instance: 404', value: 'no-such-instance' },
  },
} as const;
