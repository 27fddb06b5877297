import { createGatewayClient } from 'outboundbot-gateway-client';

export const dynamic = 'force-dynamic';

const gateway = createGatewayClient({ baseUrl: process.env.GATEWAY_URL });

/** Rendered for each request. */
export default async function Page() {
  const { instanceName } = await gateway.getInstance(process.env.INSTANCE_ID);
  const { code } = await gateway.getInstance('missing').catch((error) => error);
  return (
    <p>
      [{instanceName}] [{code}]
    </p>
  );
}
