import fc from 'fast-check';
import { expect, it } from 'vitest';

import { toInstanceDto } from './instance.mapper.js';

const text = fc.option(fc.string());
const integer = fc.option(fc.maxSafeInteger());

it('renames every field and changes no value', () => {
  fc.assert(
    fc.property(
      fc.record({
        InstanceId: fc.string(),
        InstanceName: text,
        InstanceDescription: text,
        MaxConcurrentConversation: integer,
        OwnerName: text,
        CreatorId: fc.option(fc.bigInt().map(String)),
        CreatorName: text,
        CreationTime: integer,
        ResourceGroupId: text,
      }),
      (instance) => {
        const camelCase = Object.entries(instance).map(([name, value]) => [
          `${name[0]!.toLowerCase()}${name.slice(1)}`,
          value,
        ]);
        expect(toInstanceDto(instance)).toStrictEqual(Object.fromEntries(camelCase));
      },
    ),
  );
});
