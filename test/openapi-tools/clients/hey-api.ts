import { API_KEY, BASE_URL, ID, LIST, print } from './call.js';
import { client } from './generated/hey-api/client.gen.js';
import { getInstance, listInstances, type ProblemCode } from './generated/hey-api/index.js';

client.setConfig({ baseUrl: BASE_URL, auth: ({ type }) => (type === 'apiKey' ? API_KEY : undefined) });
const instance = await getInstance({ path: { id: ID } });
const list = await listInstances({ query: LIST });
const missing = await getInstance({ path: { id: 'no-such-instance' } });
if (!instance.data || !list.data || !missing.error) throw new Error('Not the expected answers');
const expected: ProblemCode = 'instance-not-found';
if (missing.error.code !== expected) throw new Error(missing.error.detail);
print({
  name: instance.data.instanceName,
  listed: list.data.instances.map(({ instanceId }) => instanceId),
  code: missing.error.code,
});
