/** Makes calls without pause when its parent asks for them, and tells how many went well. `call` gets an id. */
export function callInLoop(call) {
  process.on('message', async ({ seconds, concurrency, prefix }) => {
    const startedAt = performance.now();
    const endsAt = startedAt + seconds * 1000;
    let requests = 0;
    let ok = 0;
    const loop = async () => {
      while (performance.now() < endsAt) {
        requests += 1;
        await call(`${prefix}${requests}`).then(
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
}
