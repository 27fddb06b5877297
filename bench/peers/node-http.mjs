// node:http without a framework. It sends the bytes and headers of the gateway's own response, looks nothing up and
// logs nothing: this is the lowest cost of a response on Node. The body is a string, because Node sends a string in one
// write with the head; a buffer would need two writes.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const { headers, body } = JSON.parse(readFileSync(process.env.RESPONSE_FILE, 'utf8'));

const server = createServer((_request, response) => response.writeHead(200, headers).end(body));
server.keepAliveTimeout = 75_000;
server.listen(0, '127.0.0.1', () => process.send({ url: `http://127.0.0.1:${server.address().port}` }));
process.once('disconnect', () => process.exit(0));
