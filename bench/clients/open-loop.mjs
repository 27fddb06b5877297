// Requests at a fixed rate, whether or not the server keeps up, over plain sockets: Node's own client would cost more
// than most servers here. A request's latency counts from the moment at which it was due, so that what waits behind a
// slow answer counts too (no coordinated omission).
import { connect } from 'node:net';

import { latencyOf } from '../stats.mjs';

/**
 * `streams`: `{ name, rate, count, path, ids }` each; `rate` a second, 0 for all at once; of `ids` different ids in turn, or
 * never the same twice if that is 0. `settleMs`: what was due before is left out. `connections`: the most at once.
 */
const { url, headers, streams, connections, settleMs, timeoutMs, spin } = JSON.parse(process.argv[2]);
const { hostname, port } = new URL(url);
const head = Object.entries({ host: `${hostname}:${port}`, ...headers })
  .map(([name, value]) => `${name}: ${value}\r\n`)
  .join('');

const idle = [];
const queue = [];
let open = 0;
let pending = 0;
let lateMs = 0;

const results = streams.map(({ name }) => ({ name, ok: [], failed: [], statuses: {} }));
// Connections for a burst are there before it begins.
const ahead = streams.every(({ rate }) => rate === 0) ? connections : Math.min(connections, 50);
await Promise.all(Array.from({ length: ahead }, () => addConnection()));

const due = streams
  .flatMap(({ rate, count, path, ids }, stream) =>
    Array.from({ length: count }, (_, index) => ({
      stream,
      dueAt: rate === 0 ? 0 : ((index + stream / streams.length) * 1000) / rate,
      path: `${path}${ids === 0 ? index : index % ids}`,
    })),
  )
  .sort((a, b) => a.dueAt - b.dueAt);
const startedAt = performance.now() + 20;
let next = 0;
tick();

function tick() {
  const now = performance.now() - startedAt;
  while (next < due.length && due[next].dueAt <= now) {
    lateMs = Math.max(lateMs, now - due[next].dueAt);
    pending += 1;
    queue.push(due[next]);
    next += 1;
  }
  dispatch();
  if (next === due.length) return;
  if (spin) setImmediate(tick);
  else setTimeout(tick, 1);
}

function dispatch() {
  while (queue.length > 0 && idle.length > 0) idle.pop().send(queue.shift());
  for (let missing = Math.min(queue.length, connections - open); missing > 0; missing -= 1) {
    addConnection().then(dispatch, () => undefined);
  }
}

function addConnection() {
  open += 1;
  let current;
  let received;
  let timer;
  const socket = connect({ port: Number(port), host: hostname, noDelay: true });
  const connection = {
    send(request) {
      current = request;
      received = undefined;
      timer = timeoutMs === 0 ? undefined : setTimeout(() => socket.destroy(), timeoutMs);
      socket.write(`GET ${request.path} HTTP/1.1\r\n${head}\r\n`);
    },
  };
  const end = (status) => {
    clearTimeout(timer);
    const request = current;
    current = undefined;
    if (request) record(request, status);
  };
  socket.on('data', (chunk) => {
    received = received ? Buffer.concat([received, chunk]) : chunk;
    const status = statusOfWhole(received);
    if (status === undefined || !current) return;
    end(status);
    idle.push(connection);
    if (queue.length > 0) dispatch();
  });
  return new Promise((resolve, reject) => {
    socket.once('connect', () => {
      idle.push(connection);
      resolve();
    });
    socket.on('error', () => undefined);
    socket.once('close', () => {
      open -= 1;
      const index = idle.indexOf(connection);
      if (index >= 0) idle.splice(index, 1);
      end(0);
      reject(new Error('closed'));
      // Who cannot even connect is as failed as who gets no answer.
      if (open === 0 && queue.length > 0) {
        for (const request of queue.splice(0)) record(request, 0);
      }
    });
  });
}

/** The status of an answer that has arrived to its end. */
function statusOfWhole(bytes) {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const text = bytes.latin1Slice(0, end);
  const status = Number(text.slice(9, 12));
  if (status === 304 || status === 204) return status;
  const length = /\r\ncontent-length: *(\d+)/i.exec(text)?.[1];
  if (length !== undefined) return bytes.length >= end + 4 + Number(length) ? status : undefined;
  return bytes.latin1Slice(-5) === '0\r\n\r\n' ? status : undefined;
}

function record({ stream, dueAt }, status) {
  pending -= 1;
  if (dueAt >= settleMs) {
    const result = results[stream];
    const isOk = status >= 200 && status < 400;
    (isOk ? result.ok : result.failed).push(performance.now() - startedAt - dueAt);
    result.statuses[status] = (result.statuses[status] ?? 0) + 1;
  }
  if (pending === 0 && next === due.length) finish();
}

function finish() {
  const seconds = (performance.now() - startedAt) / 1000;
  const summaries = results.map(({ name, ok, failed, statuses }) => ({
    name,
    requests: ok.length + failed.length,
    ok: ok.length,
    statuses,
    all: latencyOf([...ok, ...failed]),
    success: latencyOf(ok),
    failure: latencyOf(failed),
  }));
  process.stdout.write(`RESULT ${JSON.stringify({ seconds, lateMs, streams: summaries })}\n`, () =>
    process.exit(0),
  );
}
