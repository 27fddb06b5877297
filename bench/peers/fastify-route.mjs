import Fastify from 'fastify';

/** Serves the instances that `get` returns for an id. The server logs nothing, as is Fastify's default. */
export async function serveInstances(get, app = Fastify()) {
  app.get('/instances/:id', ({ params }) => get(params.id));
  await app.listen({ port: 0, host: '127.0.0.1' });
  process.send({ url: app.listeningOrigin });
  process.once('disconnect', () => process.exit(0));
}
