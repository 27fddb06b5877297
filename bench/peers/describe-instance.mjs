import sdk from '@alicloud/openapi-client';
import { RuntimeOptions } from '@alicloud/tea-util';

const { default: Client, Config, OpenApiRequest, Params } = sdk;

/** Creates a client of the official SDK for the upstream that the environment variables name. */
export function createClient() {
  return new Client(
    new Config({
      accessKeyId: 'bench-key-id',
      accessKeySecret: 'bench-key-secret',
      endpoint: process.env.UPSTREAM,
      protocol: 'http',
    }),
  );
}

const params = new Params({
  action: 'DescribeInstance',
  version: '2019-12-26',
  protocol: 'HTTP',
  pathname: '/',
  method: 'POST',
  authType: 'AK',
  style: 'RPC',
  reqBodyType: 'formData',
  bodyType: 'json',
});

/** Makes one call as the SDK's own samples do, and returns the nine members that the gateway returns. */
export async function describeInstance(client, id) {
  const { body } = await client.callApi(
    params,
    new OpenApiRequest({ query: { InstanceId: id } }),
    new RuntimeOptions({}),
  );
  return toInstance(body.Instance);
}

/** The nine members, as the gateway names them. */
export function toInstance(instance) {
  return {
    instanceId: instance.InstanceId,
    instanceName: instance.InstanceName,
    instanceDescription: instance.InstanceDescription,
    maxConcurrentConversation: instance.MaxConcurrentConversation,
    ownerName: instance.OwnerName,
    creatorId: String(instance.CreatorId),
    creatorName: instance.CreatorName,
    creationTime: instance.CreationTime,
    resourceGroupId: instance.ResourceGroupId,
  };
}
