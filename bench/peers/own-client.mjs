// The gateway's own client in a loop, with no server around it: what of an uncached request is the upstream call.
import { OutboundBotClient } from '../../dist/libs/outboundbot-client/src/index.js';
import { callInLoop } from './call-loop.mjs';

const client = new OutboundBotClient({
  endpoint: process.env.UPSTREAM,
  protocol: 'http',
  accessKey: { accessKeyId: 'bench-key-id', accessKeySecret: 'bench-key-secret' },
  maxResponseBytes: 1_048_576,
});
callInLoop(async (id) => {
  const { kind } = await client.describeInstance(id, { timeoutMs: 2000 });
  if (kind !== 'success') throw new Error(kind);
});
