const { createGatewayClient, GatewayError } = require('outboundbot-gateway-client');

const { GATEWAY_URL: baseUrl, INSTANCE_ID: id } = process.env;

test('the client reads an instance, a list and an error', async () => {
  const gateway = createGatewayClient({ baseUrl });
  expect(await gateway.getInstance(id)).toMatchObject({ instanceId: id });
  expect(await gateway.listInstances({ ids: [id] })).toMatchObject({ total: 1 });
  const missing = gateway.getInstance('missing');
  await expect(missing).rejects.toBeInstanceOf(GatewayError);
  await expect(missing).rejects.toMatchObject({ code: 'instance-not-found', status: 404 });
});
