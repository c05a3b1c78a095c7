import { once } from 'node:events';
import { createServer } from 'node:http';

const [{ headers, body }] = await once(process, 'message');
process.once('disconnect', () => process.exit());
const bytes = Buffer.from(body, 'base64');
const server = createServer((request, response) => {
  response.writeHead(200, headers);
  response.end(bytes);
}).listen(0, '127.0.0.1');
await once(server, 'listening');
process.send(server.address().port);
