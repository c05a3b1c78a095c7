// One of the example's services: `node app.mjs NAME PORT [SERVICE=PORT …]`. It knows nothing of certificates:
// `/` says its name and who called, `/ask/SERVICE` asks the proxy's local port for that service and repeats the answer.
import { createServer } from 'node:http';

const [name, port, ...rest] = process.argv.slice(2);
const services = new Map(rest.map((pair) => pair.split('=')));

const answer = async (url, caller) => {
  const [, service] = /^\/ask\/([a-z.-]+)$/.exec(url) ?? [];
  if (service === undefined) return { status: 200, body: `${name}, asked by ${caller}` };
  if (!services.has(service)) return { status: 404, body: `${name} knows no ${service}` };
  const reply = await fetch(`http://127.0.0.1:${services.get(service)}/`);
  return { status: reply.status, body: await reply.text() };
};

createServer((request, response) => {
  // Envoy's word, which no caller can put there himself.
  const [, caller = 'somebody'] = /URI=([^;,]+)/.exec(request.headers['x-forwarded-client-cert'] ?? '') ?? [];
  answer(request.url ?? '/', caller)
    .catch((error) => ({ status: 502, body: String(error) }))
    .then(({ status, body }) => response.writeHead(status, { 'Content-Type': 'text/plain' }).end(`${body}\n`));
}).listen(Number(port), '127.0.0.1', () => process.send?.('ready'));
