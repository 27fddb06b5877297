// Fastify with the SDK behind it, and nothing else.
import Fastify from 'fastify';

import { createClient, describeInstance } from './describe-instance.mjs';

const client = createClient();
const app = Fastify();
app.get('/instances/:id', ({ params }) => describeInstance(client, params.id));
const url = await app.listen({ port: 0, host: '127.0.0.1' });
process.send({ url });
process.once('disconnect', () => process.exit(0));
