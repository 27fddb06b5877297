import { expect, it } from 'vitest';

import { ACTIONS } from './actions/index.js';
import { EXPECTED_FIELDS } from './expected-fields.js';

it('has the documented fields of an instance for each action', () => {
  expect(Object.keys(EXPECTED_FIELDS).sort()).toStrictEqual(ACTIONS.map(({ name }) => name).sort());
  expect(EXPECTED_FIELDS['DescribeInstance']).toHaveLength(9);
  expect(EXPECTED_FIELDS['ListInstances']).toEqual(
    expect.arrayContaining([
      { name: 'InstanceId', type: 'string', isRequired: true },
      { name: 'CreatorId', type: 'integer', isRequired: false },
      { name: 'ResourceTags', type: 'list', isRequired: false },
      { name: 'IsPreset', type: 'boolean', isRequired: false },
    ]),
  );
});
