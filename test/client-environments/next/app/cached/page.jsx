import { createGatewayClient } from 'outboundbot-gateway-client';

export const dynamic = 'force-dynamic';

const gateway = createGatewayClient({
  baseUrl: process.env.GATEWAY_URL,
  maxRemembered: 0,
  fetch: (request) => fetch(request, { next: { revalidate: 3600 } }),
});

/** Rendered for each request, from an answer that Next.js keeps for an hour. */
export default async function Page() {
  const { instances } = await gateway.listInstances({ ids: [process.env.INSTANCE_ID] });
  return <p>[{instances[0].instanceName}]</p>;
}
