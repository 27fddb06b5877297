import * as client from 'outboundbot-gateway-client';

import { useClient } from './use-client.js';

/** For several requests, which a Worker answers in one program. */
let kept;

export default {
  /** `/?options=...` answers what the client reads; `/kept` reads one instance with a client that several requests use. */
  async fetch(request, { GATEWAY_URL: baseUrl, INSTANCE_ID: id }) {
    const { pathname, searchParams } = new URL(request.url);
    try {
      if (pathname === '/kept') {
        kept ??= client.createGatewayClient({ baseUrl });
        return Response.json(await kept.getInstance(id));
      }
      const options = JSON.parse(searchParams.get('options') ?? '{}');
      return Response.json(await useClient(client, { baseUrl, ...options }, id));
    } catch (error) {
      return Response.json({ name: error.name, code: error.code, message: error.message }, { status: 500 });
    }
  },
};
