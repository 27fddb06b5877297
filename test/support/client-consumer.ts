/**
 * A program that reads an instance and lists, and handles every error code. It compiles only if it handles exactly the codes of
 * the client.
 */
export const CLIENT_CONSUMER = `
import {
  createGatewayClient, GatewayError, type Instance, type InstancePage, type ListedInstance, type ProblemCode, type ResponseFacts,
} from 'outboundbot-gateway-client';
import { fakeGateway, problemResponse } from 'outboundbot-gateway-client/testing';

const gateway = createGatewayClient({ baseUrl: 'http://127.0.0.1', apiKey: async () => 'key', fetch });
const gateway2 = createGatewayClient({ baseUrl: 'http://127.0.0.1', cache: 'no-store', timeoutMs: undefined });
const timeOut: AbortSignal | undefined = AbortSignal.timeout(1000);

createGatewayClient({ baseUrl: 'http://127.0.0.1', fetch: fakeGateway({ instances: [{ instanceId: 'a' }] }) });
export const failing = (): Promise<Response> => Promise.resolve(problemResponse('overloaded', { retryAfterS: 2 }));
// @ts-expect-error There is no such problem.
problemResponse('timeout');

export async function nameOf(id: string): Promise<string | null> {
  try {
    const instance: Instance = await gateway.getInstance(id, { signal: timeOut });
    // @ts-expect-error The member is read-only.
    instance.instanceName = 'mine';
    // @ts-expect-error An instance has no such member.
    instance.InstanceName;
    return instance.instanceName;
  } catch (error) {
    return error instanceof GatewayError ? whatToDo(error) : null;
  }
}

export async function nameAll(): Promise<string[]> {
  const names: string[] = [];
  const instances = gateway.iterateInstances({ tags: ['env:prod'], sort: '-creationTime' }, { fresh: true });
  for await (const { instanceName, tags, isPreset } of instances) {
    const preset: boolean | null = isPreset;
    names.push(\`\${instanceName ?? ''} \${tags.map(({ key, value }) => key + (value ?? '')).join()} \${preset}\`);
  }
  // @ts-expect-error There is no such order.
  await gateway2.listInstances({ sort: 'ownerName' });
  // @ts-expect-error There is no such filter.
  await gateway.listInstances({ owner: 'me' });
  // @ts-expect-error An iteration begins with the first page.
  gateway.iterateInstances({ page: 2 });
  const { data, facts }: { data: InstancePage; facts: ResponseFacts } = await gateway.listInstancesWithFacts();
  const [first]: readonly ListedInstance[] = data.instances;
  // @ts-expect-error The list is read-only.
  data.instances.push(first!);
  return facts.stale || facts.remaining === 0 ? [] : names;
}

function whatToDo({ code, upstream, isRetryable, retryAfterMs }: GatewayError): string {
  switch (code) {
    case 'network-error': case 'timeout': case 'unexpected-answer': case 'unknown-problem': case 'setup-error':
      return isRetryable ? 'try again' : 'repair';
    case 'too-many-requests': case 'overloaded': case 'upstream-throttled': case 'upstream-unavailable':
      return \`wait \${retryAfterMs ?? 0}\`;
    case 'upstream-error': case 'upstream-refused': case 'upstream-invalid-response': case 'upstream-timeout':
      return upstream?.requestId ?? 'ask the operators';
    case 'invalid-request': case 'unauthenticated': case 'forbidden': case 'instance-not-found':
    case 'route-not-found': case 'method-not-allowed': case 'not-acceptable': case 'internal-error': case 'not-cached': {
      const problem: ProblemCode = code;
      return problem;
    }
    // @ts-expect-error The client has no such error code.
    case 'instance-archived':
      return '';
  }
}
`;
