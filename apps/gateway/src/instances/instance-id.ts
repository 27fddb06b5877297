import { Problem } from '@app/problem-details';

/** Wider than a UUID on purpose: the vendor's own sample id is none. */
const INSTANCE_ID = /^[A-Za-z0-9_-]{1,64}$/;

/** For the documentation. What can be tried from its page: the first two exist in the emulator, as in the vendor's own page. */
export const INSTANCE_ID_PARAM = {
  name: 'id',
  description: 'Id of the instance',
  schema: { type: 'string', pattern: INSTANCE_ID.source },
  examples: {
    sample: { summary: 'An instance', value: '90515b5-6115-4ccf-83e2-52d5bfaf2ddf' },
    another: { summary: 'Another instance', value: 'af81a389-91f0-4157-8d82-720edd02b66a' },
    missing: { summary: 'No instance: 404', value: 'no-such-instance' },
  },
} as const;

/**
 * Lets nothing through that cannot be an instance's id.
 *
 * Neither a class for Nest's ValidationPipe nor a pipe of its own: for one string they cost a tenth and a twentieth of a
 * request (docs/adr/0011).
 *
 * @throws Problem `invalid-request`
 */
export function checkInstanceId(id: string): void {
  if (INSTANCE_ID.test(id)) return;
  throw new Problem('invalid-request', {
    detail: 'The instance id must have 1 to 64 characters: letters, digits, "-" and "_".',
  });
}
