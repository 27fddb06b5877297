// The instances of a soak test. All are different, so that an answer that is another one's is noticed.

const HOT = 40;
const LONG_TAIL = 3000;

export const hotIds = idsOf('hot', HOT);
export const tailIds = idsOf('tail', LONG_TAIL);

/** What the emulator is seeded with, as JSON. `CreatorId` is beyond what JavaScript's numbers can tell apart. */
export const seed = `[${[...hotIds, ...tailIds]
  .map(
    (id) =>
      `{"InstanceId":"${id}","InstanceName":"${nameOf(id)}","CreatorId":${creatorOf(id)},"CreationTime":1578469042851}`,
  )
  .join(',')}]`;

/** What the gateway is to make of it, to the byte. */
export function bodyOf(id) {
  return JSON.stringify({
    instanceId: id,
    instanceName: nameOf(id),
    instanceDescription: null,
    maxConcurrentConversation: null,
    ownerName: null,
    creatorId: creatorOf(id),
    creatorName: null,
    creationTime: 1578469042851,
    resourceGroupId: null,
  });
}

function idsOf(kind, count) {
  return Array.from({ length: count }, (_, number) => `${kind}-${number}`);
}

function nameOf(id) {
  return `實例 ${id}`;
}

function creatorOf(id) {
  const offset = id.startsWith('hot') ? 0n : 1_000_000n;
  return String(9_007_199_254_740_993n + offset + BigInt(id.replace(/^\w+-/, '')));
}
