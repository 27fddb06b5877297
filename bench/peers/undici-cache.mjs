// Fastify whose upstream calls go through the HTTP cache of undici. The calls are GETs without a signature, since the cache
// stores no answers to POST, and with an Authorization header it would have to be told more.
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
