// Fastify with the cache of @fastify/caching, in memory and by id, as its README shows.
import caching from '@fastify/caching';
import Fastify from 'fastify';

import { createClient, describeInstance } from './describe-instance.mjs';
import { serveInstances } from './fastify-route.mjs';

/** As long as the gateway's answers are fresh. */
const FRESH_MS = 5000;

const app = Fastify();
app.register(caching, { privacy: caching.privacy.PUBLIC, expiresIn: FRESH_MS / 1000 });
const client = createClient();

/** One operation of the cache, which takes a callback. */
const ask = (operation, ...args) =>
  new Promise((resolve, reject) => {
    app.cache[operation](...args, (error, found) => (error ? reject(error) : resolve(found)));
  });

await serveInstances(async (id) => {
  const cached = await ask('get', id);
  if (cached) return cached.item;
  const instance = await describeInstance(client, id);
  await ask('set', id, instance, FRESH_MS);
  return instance;
}, app);
