import { API_KEY, ID, LIST, print } from './call.js';
import { getInstance, listInstances } from './generated/orval/api.js';

const options = { headers: { 'X-API-Key': API_KEY } };
const instance = await getInstance(ID, options);
const list = await listInstances(LIST, options);
const missing = await getInstance('no-such-instance', options);
if (instance.status !== 200 || list.status !== 200 || missing.status !== 404)
  throw new Error('Not the expected answers');
print({
  name: instance.data.instanceName,
  listed: list.data.instances.map(({ instanceId }) => instanceId),
  code: missing.data.code,
});
