// The SDK in a loop, with no server around it: what any gateway could reach at most without a cache.
import { createClient, describeInstance } from './describe-instance.mjs';

const client = createClient();
process.on('message', async ({ seconds, concurrency, prefix }) => {
  const startedAt = performance.now();
  const endsAt = startedAt + seconds * 1000;
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
  await Promise.all(Array.from({ length: concurrency }, loop));
  process.send({ requests, ok, seconds: (performance.now() - startedAt) / 1000 });
});
process.send({ url: 'none' });
process.once('disconnect', () => process.exit(0));
