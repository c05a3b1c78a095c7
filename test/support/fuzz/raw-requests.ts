import type { Random } from '../faults/random.js';

const lines = [
  'GET /v1/whoami HTTP/1.1',
  'POST /v1/certificates HTTP/1.1',
  'GET /healthz HTTP/1.1',
  'POST /ocsp HTTP/1.1',
  'GET /bundle.json HTTP/1.1',
];
const firstLines = [
  'GET  /v1/whoami HTTP/1.1',
  'GET /v1/who\0ami HTTP/1.1',
  'GET http://elsewhere/v1/whoami HTTP/1.1',
  'GET * HTTP/1.1',
  'CONNECT a:443 HTTP/1.1',
  'BREW /pot HTTP/1.1',
  'PRI * HTTP/2.0',
  'GET /v1/whoami HTTP/9.9',
  'GET /v1/whoami',
  `GET /${'a'.repeat(20_000)} HTTP/1.1`,
  '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
];
const hostile = [
  'Content-Length: 5\r\nContent-Length: 6',
  'Content-Length: -1',
  'Content-Length: 0x10',
  'Content-Length: 99999999999999999999',
  'Content-Length: 4\r\nTransfer-Encoding: chunked',
  'Transfer-Encoding: chunked, identity',
  'Transfer-Encoding : chunked',
  'Transfer-Encoding: xchunked',
  'Transfer-Encoding:\x0bchunked',
  ' folded: line',
  'No-Colon',
  ': no name',
  'X\0Y: z',
  'X: a\rb',
  'X: a\nY: b',
  'Host: a\r\nHost: b',
  'Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__',
  'Upgrade: websocket\r\nConnection: Upgrade',
  'Expect: 100-continue',
  'Expect: something-else',
  'Connection: close, Authorization, X',
  'Range: bytes=0-,0-,0-',
  `X: ${'a'.repeat(70_000)}`,
  Array.from({ length: 3_000 }, (_, n) => `X-${n}: a`).join('\r\n'),
];
const bodies = [
  '',
  '0\r\n\r\n',
  '5\r\nhello\r\n0\r\n\r\n',
  'fffffffff\r\na',
  '5;a=b\r\nhello\r\n0\r\nTrailer: x\r\n\r\n',
  '-1\r\n\r\n',
  '0\r\n\r\nGET /v1/identities HTTP/1.1\r\nHost: a\r\n\r\n',
];

/** What is nearly HTTP, or smuggles a second request behind the first. */
export const rawRequest = (random: Random): Buffer => {
  const first = random.next() < 0.3 ? random.pick(firstLines) : random.pick(lines);
  const headers = ['Host: a', 'Connection: close', 'Content-Type: application/json'];
  for (let count = random.between(0, 2); count > 0; count--) {
    headers.splice(random.between(0, headers.length), 0, random.pick(hostile));
  }
  const end = random.pick(['\r\n', '\r\n', '\r\n', '\n', '\r']);
  const text = Buffer.from([first, ...headers, '', random.pick(bodies)].join(end), 'latin1');
  if (random.next() < 0.8) return text;
  const at = random.between(0, text.length - 1);
  return Buffer.concat([text.subarray(0, at), random.bytes(random.between(1, 20)), text.subarray(at)]);
};
