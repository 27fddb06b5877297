import { createGatewayClient } from 'outboundbot-gateway-client';

export const revalidate = 1;

const gateway = createGatewayClient({ baseUrl: process.env.GATEWAY_URL });

/** Rendered when it is built, and again when it is older than a second. */
export default async function Page() {
  const { instanceName } = await gateway.getInstance(process.env.INSTANCE_ID);
  return <p>[{instanceName}]</p>;
}
