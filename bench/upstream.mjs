// The benchmark's upstream, a process of its own: it answers DescribeInstance with fixed JSON and verifies nothing, so that
// it costs as little as possible. Its parent process controls it by messages.
import { createServer } from 'node:http';

const HEALTHY = {
  /** The share of the calls that are answered with 500 InternalError. */
  errorRatio: 0,
  /** How long each call takes, in milliseconds. */
  serviceMs: 0,
  /** How many calls are served at once, while the others wait; 0 for any number. */
  places: 0,
  /** Whether connections are refused. */
  down: false,
};

let faults = HEALTHY;
let random = generator(1);
let calls = 0;
let busy = 0;
const waiting = [];

const server = createServer((request, response) => {
  calls += 1;
  request.resume();
  const id = /[?&]InstanceId=([^&]+)/.exec(request.url)?.[1] ?? 'unknown';
  if (faults.places === 0 || busy < faults.places) serve(id, response);
  else waiting.push({ id, response });
});
// Longer than any pause of a run: the server must not close a connection that a client keeps.
server.keepAliveTimeout = 600_000;
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address();
  process.send({ port });
  process.on('message', async ({ set }) => {
    if (set) await change(set, port);
    process.send({ calls });
  });
});
process.once('disconnect', () => process.exit(0));

async function change(set, port) {
  const wasDown = faults.down;
  faults = { ...HEALTHY, ...set };
  random = generator(1);
  calls = 0;
  // The waiting calls belong to the previous round.
  for (const { response } of waiting.splice(0)) response.destroy();
  if (faults.down && !wasDown) {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }
  if (!faults.down && wasDown) await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
}

function serve(id, response) {
  busy += 1;
  if (faults.serviceMs === 0) finish(id, response);
  else setTimeout(finish, faults.serviceMs, id, response);
}

function finish(id, response) {
  busy -= 1;
  if (random() < faults.errorRatio) answer(response, 500, INTERNAL_ERROR);
  else answer(response, 200, success(id));
  const next = waiting.shift();
  if (next) serve(next.id, next.response);
}

function answer(response, status, body) {
  response.writeHead(status, {
    'content-type': 'application/json;charset=utf-8',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

function success(id) {
  return (
    '{"HttpStatusCode":200,"Code":"OK","Message":"Success","RequestId":"254EB995-DEDF-48A4-9101-9CA5B72FFBCC",' +
    `"Success":true,"Instance":{"CreationTime":1578469042851,"InstanceId":"${id}","CreatorId":435986,` +
    '"OwnerName":"xxxx","InstanceDescription":"這個是第一個實例","InstanceName":"第一個實例","CreatorName":"xxx",' +
    '"ResourceGroupId":"90515b5-6115-4ccf-83e2-52d5bfaf2ddf","MaxConcurrentConversation":4}}'
  );
}

const INTERNAL_ERROR =
  '{"RequestId":"254EB995-DEDF-48A4-9101-9CA5B72FFBCC","HostId":"localhost","Code":"InternalError",' +
  '"Message":"An error occurred while processing your request."}';

/** Random numbers that are the same in every run (mulberry32). */
function generator(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
