// Creates load from one process over plain sockets: Node's own HTTP client would need more processor time than most servers. It does
// one job after another, so that its own code is compiled after the first.
//
// Open loop (`rate`): a request is sent when it is due, whether or not the server keeps up, and its latency counts from
// that moment. So a stall counts for every request that was due during the stall (no coordinated omission).
// Closed loop (`seconds`): each connection sends its next request when the answer to its last one has arrived.
import { connect } from 'node:net';

import { generator } from './random.mjs';
import { latencyOf } from './stats.mjs';

const CLOSE = /\r\nconnection: *close/i;

/** So many connections at once fit into the queue in which a server accepts them. */
const AT_ONCE = 100;

/** How many of the connections that a job left open still are. */
let held;

process.on('message', async (job) => process.send(held ? { open: held() } : await run(job)));
process.send({});
process.once('disconnect', () => process.exit(0));

/**
 * Does a job: sends requests to the server at `url`, with these `headers`, and returns how they were answered.
 *
 * - `path` and `ids`: with `ids` 1 all requests have this path. With N, one of N numbers is appended to the path in turn.
 *   With 0, a new number is appended for each request, from `first` on.
 * - `seed`: with this, the numbers come at random, in the same order for the same seed.
 * - `keys`: the `prefix` of API keys, and their `count`: each request has one of these keys, at random.
 * - `rate` and `count`: sends `count` requests, `rate` per second, or all at once with `rate` 0.
 * - `seconds` or `count`, without `rate`: sends requests in a closed loop, for this time or so many.
 * - `connections`: the most connections at once.
 * - `hold`: leaves all connections open after the last answer. The next message asks how many still are.
 * - `settleMs`: requests that were due before this time are not counted.
 * - `timeoutMs`: the longest wait for an answer. 0 waits without a limit.
 * - `spin`: keeps the core busy, so that requests are sent on time to a fraction of a millisecond.
 */
async function run({ url, path, ids, rate, count = Infinity, seconds = Infinity, ...options }) {
  const { headers = {}, connections = 256, settleMs = 0, timeoutMs = 10_000, spin = false } = options;
  const { first = 0, seed, keys, hold = false } = options;
  const { hostname, port } = new URL(url);
  const head = Object.entries({ host: `${hostname}:${port}`, ...headers })
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');

  const isClosedLoop = rate === undefined;
  const random = generator(seed ?? 0);
  const ok = [];
  const failed = [];
  const statuses = {};
  const idle = [];
  /** The requests that are due. Those before `taken` were sent: removing the first of a long array takes long. */
  const queue = [];
  let taken = 0;
  let opened = 0;
  let pending = 0;
  let made = 0;
  let lateMs = 0;
  const sockets = new Set();
  let finish;
  const finished = new Promise((resolve) => (finish = resolve));

  // The connections for a burst are opened before the burst begins.
  const ahead = isClosedLoop || rate === 0 ? connections : Math.min(connections, 50);
  for (let begun = 0; begun < ahead; begun += AT_ONCE)
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, ahead - begun) }, () => openConnection()));
  const startedAt = performance.now();
  if (isClosedLoop) dispatch();
  else tick();
  await finished;
  if (hold) held = () => opened;
  else for (const socket of sockets) socket.destroy();
  return {
    seconds: (elapsedMs() - settleMs) / 1000,
    requests: ok.length + failed.length,
    ok: ok.length,
    statuses,
    lateMs,
    success: latencyOf(ok),
    failure: latencyOf(failed),
  };

  function elapsedMs() {
    return performance.now() - startedAt;
  }

  function isOver() {
    return made >= count || elapsedMs() >= seconds * 1000;
  }

  function makeRequest(dueAt) {
    const index = made;
    made += 1;
    pending += 1;
    return { dueAt, path: ids === 1 ? path : `${path}${numberOf(index)}` };
  }

  function numberOf(index) {
    if (ids === 0) return first + index;
    return seed === undefined ? index % ids : randomBelow(ids);
  }

  function randomBelow(end) {
    return Math.floor(random() * end);
  }

  function takeRequest() {
    if (taken === queue.length) return undefined;
    const request = queue[taken];
    queue[taken] = undefined;
    taken += 1;
    return request;
  }

  /** Open loop: queues the requests that are due. */
  function tick() {
    const now = elapsedMs();
    for (;;) {
      const dueAt = rate === 0 ? 0 : (made * 1000) / rate;
      if (isOver() || dueAt > now) break;
      lateMs = Math.max(lateMs, now - dueAt);
      queue.push(makeRequest(dueAt));
    }
    dispatch();
    if (isOver()) return;
    if (spin) setImmediate(tick);
    else setTimeout(tick, 1);
  }

  function dispatch() {
    while (idle.length > 0) {
      const request = isClosedLoop && !isOver() ? makeRequest(elapsedMs()) : takeRequest();
      if (request === undefined) break;
      idle.pop().send(request);
    }
    // A server may close a connection after some requests, as nginx does after 1,000.
    const wanted = isClosedLoop && !isOver() ? connections : queue.length - taken;
    for (let missing = Math.min(wanted, connections - opened); missing > 0; missing -= 1)
      openConnection().then(dispatch, () => undefined);
    if (pending === 0 && isOver()) finish();
  }

  function openConnection() {
    opened += 1;
    let current;
    let received;
    let timer;
    const socket = connect({ port: Number(port), host: hostname, noDelay: true });
    sockets.add(socket);
    const connection = {
      send(request) {
        current = request;
        received = undefined;
        timer = timeoutMs === 0 ? undefined : setTimeout(() => socket.destroy(), timeoutMs);
        const key = keys ? `x-api-key: ${keys.prefix}${randomBelow(keys.count)}\r\n` : '';
        socket.write(`GET ${request.path} HTTP/1.1\r\n${head}${key}\r\n`);
      },
    };
    const end = (status) => {
      clearTimeout(timer);
      if (current) record(current, status);
      current = undefined;
    };
    socket.on('data', (chunk) => {
      received = received ? Buffer.concat([received, chunk]) : chunk;
      const answer = wholeAnswer(received);
      if (answer === undefined || !current) return;
      end(answer.status);
      if (answer.isLast) {
        socket.destroy();
        return;
      }
      idle.push(connection);
      dispatch();
    });
    return new Promise((resolve, reject) => {
      socket.once('connect', () => {
        idle.push(connection);
        resolve();
      });
      socket.on('error', () => undefined);
      socket.once('close', () => {
        opened -= 1;
        sockets.delete(socket);
        const index = idle.indexOf(connection);
        if (index >= 0) idle.splice(index, 1);
        end(0);
        reject(new Error('The server closed the connection.'));
        // A request that cannot be sent counts as failed, like a request without an answer.
        if (opened === 0) for (const request of queue.splice(taken)) record(request, 0);
        dispatch();
      });
    });
  }

  /** @param status 0: no response */
  function record({ dueAt }, status) {
    pending -= 1;
    if (dueAt < settleMs) return;
    (status >= 200 && status < 400 ? ok : failed).push(elapsedMs() - dueAt);
    statuses[status] = (statuses[status] ?? 0) + 1;
  }
}

/**
 * The status of a response that has arrived completely, and whether it is the last one on its connection; undefined
 * before.
 */
function wholeAnswer(bytes) {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const text = bytes.latin1Slice(0, end);
  const status = Number(text.slice(9, 12));
  return isWhole(bytes, end, text, status) ? { status, isLast: CLOSE.test(text) } : undefined;
}

function isWhole(bytes, end, text, status) {
  if (status === 304 || status === 204) return true;
  const length = /\r\ncontent-length: *(\d+)/i.exec(text)?.[1];
  if (length !== undefined) return bytes.length >= end + 4 + Number(length);
  return bytes.latin1Slice(-5) === '0\r\n\r\n';
}
