// An upstream for benchmarks, as a process of its own: it answers DescribeInstance with fixed JSON and checks nothing,
// so that it costs as little as can be. Its parent steers it by messages.
import { createServer } from 'node:http';

const HEALTHY = {
  /** Part of the calls that get a 500 InternalError. */
  errorRatio: 0,
  /** Part of the calls that are answered `slowMs` later. */
  slowRatio: 0,
  slowMs: 2000,
  /** How long every call takes. */
  serviceMs: 0,
  /** How many calls are served at once; 0 is any number. */
  places: 0,
  /** What happens to the others: `queue` lets them wait, `throttle` refuses them. */
  overflow: 'queue',
  /** Whether connections are refused. */
  down: false,
};

let knobs = HEALTHY;
let random = generator(1);
let calls = 0;
let busy = 0;
const waiting = [];

const server = createServer((request, response) => {
  calls += 1;
  request.resume();
  const id = /[?&]InstanceId=([^&]+)/.exec(request.url)?.[1] ?? 'unknown';
  if (knobs.places === 0 || busy < knobs.places) serve(id, response);
  else if (knobs.overflow === 'queue') waiting.push({ id, response });
  else answer(response, 400, failure('Throttling.User', 'Request was denied due to user flow control.'));
});
// No connection that a client keeps may end between two calls.
server.keepAliveTimeout = 600_000;
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));

process.on('message', async ({ set }) => {
  if (set) {
    const { port } = server.address() ?? { port: knobs.port };
    const down = knobs.down;
    knobs = { ...HEALTHY, ...set, port };
    random = generator(1);
    calls = 0;
    // Who waits is of the round before, and gone.
    for (const { response } of waiting.splice(0)) response.destroy();
    if (knobs.down && !down) await refuseConnections();
    if (!knobs.down && down) await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  }
  process.send({ calls });
});
process.once('disconnect', () => process.exit(0));

function serve(id, response) {
  busy += 1;
  const delay = knobs.serviceMs + (random() < knobs.slowRatio ? knobs.slowMs : 0);
  if (delay === 0) finish(id, response);
  else setTimeout(finish, delay, id, response);
}

function finish(id, response) {
  busy -= 1;
  if (random() < knobs.errorRatio) {
    answer(response, 500, failure('InternalError', 'An error occurred while processing your request.'));
  } else {
    answer(response, 200, success(id));
  }
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

function failure(code, text) {
  return `{"RequestId":"254EB995-DEDF-48A4-9101-9CA5B72FFBCC","HostId":"localhost","Code":"${code}","Message":"${text}"}`;
}

function refuseConnections() {
  return new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  });
}

/** The same draws in every run (mulberry32). */
function generator(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
