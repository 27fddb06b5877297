// node:http sending the bytes and headers of the gateway's own response. It looks nothing up and logs nothing: the least that a
// response costs on Node. The body is a string, because Node sends it in one write with the head; a buffer takes two.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const { headers, body } = JSON.parse(readFileSync(process.env.RESPONSE_FILE, 'utf8'));

const server = createServer((_request, response) => response.writeHead(200, headers).end(body));
server.keepAliveTimeout = 75_000;
server.listen(0, '127.0.0.1', () => process.send({ url: `http://127.0.0.1:${server.address().port}` }));
process.once('disconnect', () => process.exit(0));
