import fc from 'fast-check';
import { expect, it } from 'vitest';

import { toInstanceDto, toListedInstanceDto } from './instance.mapper.js';

const text = fc.option(fc.string());
const integer = fc.option(fc.maxSafeInteger());

const fields = {
  InstanceId: fc.string(),
  InstanceName: text,
  InstanceDescription: text,
  MaxConcurrentConversation: integer,
  OwnerName: text,
  CreatorId: fc.option(fc.bigInt().map(String)),
  CreatorName: text,
  CreationTime: integer,
  ResourceGroupId: text,
};

function inCamelCase(object: object): object {
  return Object.fromEntries(
    Object.entries(object).map(([name, value]) => [`${name[0]!.toLowerCase()}${name.slice(1)}`, value]),
  );
}

it('renames every field and changes no value', () => {
  fc.assert(
    fc.property(fc.record(fields), (instance) => {
      expect(toInstanceDto(instance)).toStrictEqual(inCamelCase(instance));
    }),
  );
});

it('renames the tags of a listed instance and the fields of each tag, too', () => {
  const tags = fc.array(fc.record({ Key: fc.string(), Value: text }));
  fc.assert(
    fc.property(
      fc.record({ ...fields, ResourceTags: tags, IsPreset: fc.option(fc.boolean()) }),
      ({ ResourceTags, ...instance }) => {
        expect(toListedInstanceDto({ ...instance, ResourceTags })).toStrictEqual({
          ...inCamelCase(instance),
          tags: ResourceTags.map(inCamelCase),
        });
      },
    ),
  );
});
