// Bare Fastify and the SDK, without a retry and without a cache.
import { createClient, describeInstance } from './describe-instance.mjs';
import { serveInstances } from './fastify-route.mjs';

const client = createClient();
await serveInstances((id) => describeInstance(client, id));
