import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterEach, beforeEach } from 'vitest';

export const INSTANCE = {
  instanceId: 'abc',
  instanceName: '第一個實例',
  instanceDescription: null,
  maxConcurrentConversation: 4,
  ownerName: 'xxxx',
  creatorId: '435986',
  creatorName: 'xxx',
  creationTime: 1578469042851,
  resourceGroupId: null,
};

/** Answers each request with the next step of the script. The last step repeats. */
export interface ScriptedServer {
  readonly url: string;
  readonly requests: { readonly url: string; readonly headers: IncomingHttpHeaders }[];
  script: RequestListener[];
}

/** Starts a new server before each test of a suite. */
export function useScriptedServer(): ScriptedServer {
  const requests: ScriptedServer['requests'] = [];
  const scripted: ScriptedServer & { url: string } = { url: '', requests, script: [] };
  const server = createServer((request, response) => {
    requests.push({ url: request.url ?? '', headers: request.headers });
    const { script } = scripted;
    const answer = script[Math.min(requests.length, script.length) - 1] ?? ok();
    answer(request, response);
  });
  beforeEach(async () => {
    requests.length = 0;
    scripted.script = [];
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    scripted.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return scripted;
}

type Headers = Readonly<Record<string, string>>;

export const answer =
  (status: number, headers: Headers = {}, body = ''): RequestListener =>
  (_, response) => {
    response.writeHead(status, headers).end(body);
  };

export const ok = (etag = '"1"', members: object = {}): RequestListener =>
  answer(200, { 'content-type': 'application/json', etag }, JSON.stringify({ ...INSTANCE, ...members }));

/** A page of a list. By default it is the only page. */
export const page = (
  instances: readonly object[],
  members: object = {},
  headers: Headers = {},
): RequestListener =>
  answer(
    200,
    { 'content-type': 'application/json', ...headers },
    JSON.stringify({ instances, total: instances.length, page: 1, pageSize: 20, ...members }),
  );

export const problem = (status: number, members: object, headers: Headers = {}): RequestListener =>
  answer(
    status,
    { 'content-type': 'application/problem+json', 'x-request-id': 'R1', ...headers },
    JSON.stringify({ type: '/problems/x', title: 'Title', status, detail: 'Detail.', ...members }),
  );

/** Closes the connection without an answer. */
export const hangUp: RequestListener = ({ socket }) => {
  socket.destroy();
};

/** Never answers. */
export const silence: RequestListener = () => undefined;
