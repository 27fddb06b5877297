import { API_KEY, BASE_URL, ID, LIST, print } from './call.js';
import { Api, type Problem } from './generated/swagger-typescript-api/api.js';

const api = new Api({ baseUrl: BASE_URL, baseApiParams: { headers: { 'X-API-Key': API_KEY } } });
const instance = await api.instances.getInstance(ID);
const list = await api.instances.listInstances(LIST);
const missing = await api.instances.getInstance('no-such-instance').then(
  () => undefined,
  ({ error }: { error: Problem }) => error,
);
if (!missing) throw new Error('Not the expected answers');
print({
  name: instance.data.instanceName,
  listed: list.data.instances.map(({ instanceId }) => instanceId),
  code: missing.code,
});
