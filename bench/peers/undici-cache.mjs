// Fastify whose upstream calls go through the HTTP cache of undici. The calls are GETs without a signature: the cache keeps no
// answers to POST, and to a request with Authorization only those that are `public`.
import { Agent, interceptors, request } from 'undici';

import { toInstance } from './describe-instance.mjs';
import { serveInstances } from './fastify-route.mjs';

const dispatcher = new Agent().compose(interceptors.cache());

await serveInstances(async (id) => {
  const { body } = await request(`http://${process.env.UPSTREAM}/?Action=DescribeInstance&InstanceId=${id}`, {
    dispatcher,
  });
  return toInstance((await body.json()).Instance);
});
