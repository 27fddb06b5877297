// node:http alone, sending the bytes and headers of the gateway's own answer. It looks nothing up, logs nothing and
// makes no request id: the floor of what an answer costs on Node. The body is a string, which Node sends in one write with
// the head; bytes would take two.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const { headers, etag, body } = JSON.parse(readFileSync(process.env.ANSWER_FILE, 'utf8'));
const notModified = headers.filter((_, index) => {
  const name = headers[index - (index % 2)].toLowerCase();
  return name !== 'content-length' && name !== 'content-type';
});

const server = createServer((request, response) => {
  if (request.headers['if-none-match'] === etag) response.writeHead(304, notModified).end();
  else response.writeHead(200, headers).end(body);
});
server.keepAliveTimeout = 75_000;
server.listen(0, '127.0.0.1', () => process.send({ url: `http://127.0.0.1:${server.address().port}` }));
process.once('disconnect', () => process.exit(0));
