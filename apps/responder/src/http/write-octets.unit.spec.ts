import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { Octets } from '@cartulary/x509';
import { afterEach, describe, expect, it } from 'vitest';
import { writeOctets } from './write-octets.js';

const MEGABYTE = 2 ** 20;
/** More than the buffers of any kernel hold; all pieces are one. */
const large = new Octets(Array<Buffer>(256).fill(Buffer.alloc(MEGABYTE, 7)));

describe('writing octets', () => {
  let server: Server;
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });
  const serve = async (limit: number, written: (response: ServerResponse) => void = () => undefined) => {
    server = createServer((_request, response) => {
      response.writeHead(200, { 'Content-Length': large.length });
      void writeOctets(response, large, { first: 0, last: large.length - 1 }, limit).then(() => written(response));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };

  it('gives a reader all of them', async () => {
    const response = await fetch(`http://127.0.0.1:${await serve(60_000)}`);
    let length = 0;
    for await (const chunk of response.body!) length += (chunk as Uint8Array).length;
    expect(length).toBe(large.length);
  }, 60_000);

  it('holds little for who does not read, and hangs up in the end', async () => {
    const { promise, resolve } = Promise.withResolvers<ServerResponse>();
    const port = await serve(500, resolve);
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined).pause();
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    const response = await promise;
    expect([response.destroyed, response.writableFinished]).toEqual([true, false]);
    expect(response.writableLength).toBeLessThan(4 * MEGABYTE);
    socket.destroy();
  }, 60_000);

  it('ends at once where the reader goes away', async () => {
    const { promise, resolve } = Promise.withResolvers<ServerResponse>();
    const port = await serve(3_600_000, resolve);
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(socket, 'data');
    socket.destroy();
    expect((await promise).destroyed).toBe(true);
  }, 60_000);
});
