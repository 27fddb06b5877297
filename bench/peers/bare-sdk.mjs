// The SDK in a loop, with no server around it: what any gateway could reach at most without a cache, on the SDK's transport.
import { callInLoop } from './call-loop.mjs';
import { createClient, describeInstance } from './describe-instance.mjs';

const client = createClient();
callInLoop((id) => describeInstance(client, id));
