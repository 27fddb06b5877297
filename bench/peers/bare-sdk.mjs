// The SDK in a loop, without a server: the most that a gateway on the SDK's own transport could reach without a cache.
import { createClient, describeInstance } from './describe-instance.mjs';

const client = createClient();

process.on('message', async ({ path, seconds, connections }) => {
  const startedAt = performance.now();
  const endsAt = startedAt + seconds * 1000;
  const prefix = path.split('/').at(-1);
  let requests = 0;
  let ok = 0;
  const loop = async () => {
    while (performance.now() < endsAt) {
      requests += 1;
      await describeInstance(client, `${prefix}${requests}`).then(
        () => (ok += 1),
        () => undefined,
      );
    }
  };
  await Promise.all(Array.from({ length: connections }, loop));
  process.send({ requests, ok, seconds: (performance.now() - startedAt) / 1000 });
});
process.send({ url: undefined });
process.once('disconnect', () => process.exit(0));
