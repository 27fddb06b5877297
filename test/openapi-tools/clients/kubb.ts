import { ID, LIST, print } from './call.js';
import { getInstance, listInstances, type Problem } from './generated/kubb/index.js';

const instance = await getInstance(ID);
const list = await listInstances(LIST);
const missing = await getInstance('no-such-instance').catch((problem: Problem) => problem);
if (!('code' in missing)) throw new Error('Not the expected answers');
print({
  name: instance.instanceName,
  listed: list.instances.map(({ instanceId }) => instanceId),
  code: missing.code,
});
