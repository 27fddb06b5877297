/** A member of `x-codeSamples`, which documentation pages and generators of documentation read. */
export interface CodeSample {
  readonly lang: string;
  readonly label: string;
  readonly source: string;
}

/** Where `npm start` starts the gateway. The page replaces it by the gateway's own address. */
const BASE_URL = 'http://127.0.0.1:3000';
const KEY_HEADER = 'X-API-Key';
const API_KEY = 'obg_...';

interface SampleRequest {
  /** With a query. */
  readonly path: string;
  /** The same with the typed client, which has the instances only. */
  readonly client?: string;
}

/** The request that is shown for each operation. The emulator has what they ask for. */
const REQUESTS: Readonly<Record<string, SampleRequest>> = {
  listInstances: {
    path: '/instances?tag=age:20&sort=-creationTime&pageSize=2',
    client: `const { instances, total } = await gateway.listInstances({
  tags: ['age:20'],
  sort: '-creationTime',
  pageSize: 2,
});
console.log(total, instances);`,
  },
  getInstance: {
    path: '/instances/90515b5-6115-4ccf-83e2-52d5bfaf2ddf',
    client: `const instance = await gateway.getInstance('90515b5-6115-4ccf-83e2-52d5bfaf2ddf');
console.log(instance);`,
  },
  getProblems: { path: '/problems' },
  getProblem: { path: '/problems/upstream-error' },
  getLiveness: { path: '/health/live' },
  getReadiness: { path: '/health/ready' },
};

/**
 * Complete programs that call an operation.
 *
 * @param operationId of the GET operation
 */
export function codeSamples(operationId: string, method: 'get' | 'head', needsKey: boolean): CodeSample[] {
  const request = REQUESTS[operationId];
  if (!request) throw new Error(`${operationId} has no code samples.`);
  const url = `${BASE_URL}${request.path}`;
  const options = [
    ...(method === 'head' ? ['--head'] : []),
    ...(needsKey ? [`--header '${KEY_HEADER}: ${API_KEY}'`] : []),
  ];
  const curl = { lang: 'Shell', label: 'curl', source: ['curl', ...options, `'${url}'`].join(' ') };
  // The other two have nothing to show without a body.
  if (method === 'head') return [curl];
  return [
    curl,
    { lang: 'JavaScript', label: 'fetch', source: fetchSample(url, needsKey) },
    ...(request.client === undefined
      ? []
      : [{ lang: 'TypeScript', label: 'Typed client', source: client(request.client) }]),
  ];
}

function fetchSample(url: string, needsKey: boolean): string {
  const options = needsKey ? `, {\n  headers: { '${KEY_HEADER}': '${API_KEY}' },\n}` : '';
  return `const response = await fetch('${url}'${options});
const answer = await response.json();
if (!response.ok) throw new Error(answer.detail);
console.log(answer);`;
}

function client(call: string): string {
  return `import { createGatewayClient } from 'outboundbot-gateway-client';

const gateway = createGatewayClient({ baseUrl: '${BASE_URL}', apiKey: '${API_KEY}' });
${call}`;
}
