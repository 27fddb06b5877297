import createClient from 'openapi-fetch';

import { API_KEY, BASE_URL, ID, LIST, print } from './call.js';
import type { paths } from './generated/openapi-typescript/schema.js';

const client = createClient<paths>({ baseUrl: BASE_URL, headers: { 'X-API-Key': API_KEY } });
const instance = await client.GET('/instances/{id}', { params: { path: { id: ID } } });
const list = await client.GET('/instances', { params: { query: LIST } });
const missing = await client.GET('/instances/{id}', { params: { path: { id: 'no-such-instance' } } });
if (!instance.data || !list.data || !missing.error) throw new Error('Not the expected answers');
print({
  name: instance.data.instanceName,
  listed: list.data.instances.map(({ instanceId }) => instanceId),
  code: missing.error.code,
});
