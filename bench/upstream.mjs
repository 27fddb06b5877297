// The benchmark's upstream, a process of its own: it answers DescribeInstance and ListInstances with fixed JSON and verifies
// nothing, so that it costs as little as possible. Its parent process controls it by messages.
import { createServer } from 'node:http';

import { generator } from './random.mjs';

const HEALTHY = {
  /** The share of the calls that are answered with 500 InternalError. */
  errorRatio: 0,
  /** How long each call takes, in milliseconds. */
  serviceMs: 0,
  /** How many calls are served at once, while the others wait; 0 for any number. */
  places: 0,
  /** Whether connections are refused. */
  down: false,
  /** How many instances the list has. */
  instances: 1000,
  /** The header Cache-Control of successful answers; undefined sends none, like the real service. */
  cacheControl: undefined,
};

let faults = HEALTHY;
let random = generator(1);
let calls = 0;
let busy = 0;
const waiting = [];

const server = createServer((request, response) => {
  calls += 1;
  request.resume();
  const answer = answerFor(request);
  if (faults.places === 0 || busy < faults.places) serve(answer, response);
  else waiting.push({ answer, response });
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

function serve(answer, response) {
  busy += 1;
  if (faults.serviceMs === 0) finish(answer, response);
  else setTimeout(finish, faults.serviceMs, answer, response);
}

function finish(answer, response) {
  busy -= 1;
  send(response, random() < faults.errorRatio ? INTERNAL_ERROR : answer);
  const next = waiting.shift();
  if (next) serve(next.answer, next.response);
}

function send(response, { status, body }) {
  response.writeHead(status, {
    'content-type': 'application/json;charset=utf-8',
    'content-length': Buffer.byteLength(body),
    ...(status === 200 && faults.cacheControl !== undefined && { 'cache-control': faults.cacheControl }),
  });
  response.end(body);
}

/** An instance whose id begins with `missing` does not exist. */
function answerFor({ url, headers }) {
  const parameter = (name) => new RegExp(`[?&]${name}=([^&]+)`).exec(url)?.[1];
  if (headers['x-acs-action'] === 'ListInstances')
    return { status: 200, body: listPage(Number(parameter('PageNumber')), Number(parameter('PageSize'))) };
  const id = parameter('InstanceId') ?? 'unknown';
  return id.startsWith('missing')
    ? NO_INSTANCE
    : { status: 200, body: success(`"Instance":{${instance(id)}}`) };
}

/** The pages that were made so far, by the length of the list, page number and page size. */
const pages = new Map();

function listPage(number, size) {
  const total = faults.instances;
  const key = [total, number, size].join();
  if (!pages.has(key)) {
    const first = (number - 1) * size;
    const instances = Array.from({ length: Math.max(0, Math.min(size, total - first)) }, (_, index) => {
      const id = `inst-${String(first + index).padStart(5, '0')}`;
      return `{${instance(id)},"ResourceTags":[{"Key":"age","Value":"${index % 100}"}],"IsPreset":false}`;
    });
    const figures = `"TotalCount":${total},"PageNumber":${number},"PageSize":${size}`;
    pages.set(key, success(`"Instances":[${instances.join()}],${figures}`));
  }
  return pages.get(key);
}

function instance(id) {
  return (
    `"CreationTime":1578469042851,"InstanceId":"${id}","CreatorId":435986,` +
    '"OwnerName":"xxxx","InstanceDescription":"這個是第一個實例","InstanceName":"第一個實例","CreatorName":"xxx",' +
    '"ResourceGroupId":"90515b5-6115-4ccf-83e2-52d5bfaf2ddf","MaxConcurrentConversation":4'
  );
}

function success(members) {
  return (
    '{"HttpStatusCode":200,"Code":"OK","Message":"Success","RequestId":"254EB995-DEDF-48A4-9101-9CA5B72FFBCC",' +
    `"Success":true,${members}}`
  );
}

function failure(status, code, message) {
  const body =
    '{"RequestId":"254EB995-DEDF-48A4-9101-9CA5B72FFBCC","HostId":"localhost",' +
    `"Code":"${code}","Message":"${message}"}`;
  return { status, body };
}

const INTERNAL_ERROR = failure(500, 'InternalError', 'An error occurred while processing your request.');
const NO_INSTANCE = failure(404, 'NotExist.Instance', 'The specified instance does not exist.');
