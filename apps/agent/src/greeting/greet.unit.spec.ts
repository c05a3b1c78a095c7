import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type ClientHttp2Session, connect as connectHttp2, createServer as createHttp2Server } from 'node:http2';
import type { Http2Server, IncomingHttpHeaders } from 'node:http2';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { encodeFrame, flag, frameType, PREFACE } from './frames.js';
import { greet } from './greet.js';

const MEGABYTE = 1 << 20;

describe('a connection', () => {
  let directory: string;
  let path: string;
  let listener: Server;
  let http2: Http2Server;
  let outcomes: string[];
  let sockets: Socket[];
  let seen: IncomingHttpHeaders[];

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'greet-'));
    path = join(directory, 'http2.sock');
    [outcomes, sockets, seen] = [[], [], []];
    // Answers with what it was sent.
    http2 = createHttp2Server((request, response) => {
      seen.push(request.headers);
      response.setHeader('x-peer', String(request.stream.session?.socket.remoteAddress));
      request.pipe(response);
    });
    listener = createServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => socket.destroy());
      Object.defineProperty(socket, 'remoteAddress', { value: 'somebody' });
      const take = (taken: Socket): void => void http2.emit('connection', taken);
      greet(socket, { streams: 256, take, onEnd: (outcome) => outcomes.push(outcome) });
    });
    listener.listen(path);
    await once(listener, 'listening');
  });
  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    listener.close();
    await rm(directory, { recursive: true, force: true });
  });

  const open = (): ClientHttp2Session => connectHttp2('http://x', { createConnection: () => connect(path) });
  const ask = async (client: ClientHttp2Session, headers: Record<string, string>, body: Buffer) => {
    const stream = client.request({ ':method': 'POST', ':path': '/', ...headers });
    const answered = once(stream, 'response') as Promise<[IncomingHttpHeaders]>;
    stream.end(body);
    const [response] = await answered;
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    return { response, body: Buffer.concat(chunks) };
  };

  it.each([
    ['as it is', 'example.org', 'example.org'],
    ['translated', '/run/cartulary/agent.sock', '-run-cartulary-agent.sock'],
  ])('is taken %s for the authority %s, with all that it brings', async (outcome, authority, told) => {
    const client = open();
    const body = Buffer.alloc(MEGABYTE, 'abcdefghijk');
    for (let round = 0; round < 3; round++) {
      const answers = await Promise.all(
        Array.from({ length: 4 }, () => ask(client, { ':authority': authority }, body)),
      );
      for (const answer of answers) {
        expect(answer.response['x-peer']).toBe('somebody');
        expect(answer.body.equals(body)).toBe(true);
      }
    }
    expect(outcomes).toEqual([outcome]);
    expect(new Set(seen.map((headers) => headers[':authority']))).toEqual(new Set([told]));
    client.close();
    await vi.waitFor(() => expect(sockets.every(({ destroyed }) => destroyed)).toBe(true));
  });

  it('keeps both ends’ tables alike over hundreds of requests with headers of all kinds', async () => {
    const client = open();
    for (let round = 0; round < 300; round++) {
      const value = String.fromCharCode(97 + (round % 26)).repeat((round * 37) % 700);
      const authority = round % 50 === 49 ? `/other/${round}` : '/run/agent.sock';
      await ask(
        client,
        { ':authority': authority, 'x-value': value, [`x-name-${round % 40}`]: '/a/b' },
        Buffer.alloc(0),
      );
      const { [':authority']: told, 'x-value': got, [`x-name-${round % 40}`]: named } = seen.at(-1)!;
      expect([told, got, named]).toEqual([authority.replaceAll('/', '-'), value, '/a/b']);
    }
    client.destroy();
  });

  it('is slowed down by whoever does not read, either way', async () => {
    const client = open();
    const stream = client.request({ ':method': 'POST', ':path': '/', ':authority': '/a' });
    await once(stream, 'ready');
    let written = 0;
    for (; written < 64; written++) if (!stream.write(Buffer.alloc(MEGABYTE))) break;
    // Nobody reads the answer, so that the server reads no more than windows and buffers hold.
    await sleep(200);
    const [socket] = sockets;
    expect(socket!.bytesRead).toBeLessThan(MEGABYTE);
    client.destroy();
  });

  it('is closed with the server’s end, and the other way round', async () => {
    const client = open();
    await ask(client, { ':authority': '/a' }, Buffer.from('x'));
    const closed = once(client, 'close');
    sockets[0]!.destroy();
    await closed;
    const other = open();
    await ask(other, { ':authority': '/a' }, Buffer.from('x'));
    other.destroy();
    await vi.waitFor(() => expect(sockets[1]!.destroyed).toBe(true));
  });

  const speak = async (...octets: Buffer[]): Promise<void> => {
    const socket = connect(path);
    socket.on('error', () => undefined);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.resume();
    for (const each of octets) socket.write(each);
    await closed;
  };
  const settings = encodeFrame(frameType.settings, 0, 0, Buffer.alloc(0));
  const acknowledged = encodeFrame(frameType.settings, flag.ack, 0, Buffer.alloc(0));
  const block = Buffer.from([0x83, 0x86, 0x84, 0x41, 0x02, 0x2f, 0x61]);
  const first = encodeFrame(frameType.headers, flag.endHeaders, 1, block);

  it.each<[string, Buffer[]]>([
    ['HTTP/1', [Buffer.from('GET / HTTP/1.1\r\nhost: a\r\n\r\n')]],
    ['a frame beyond measure', [PREFACE, settings, Buffer.from('00ffff000000000001', 'hex')]],
    ['broken header blocks', [PREFACE, settings, acknowledged, encodeFrame(1, 4, 1, Buffer.from([0x41, 0x7f]))]],
    ['broken ones later', [PREFACE, settings, acknowledged, first, encodeFrame(1, 4, 3, Buffer.from([0x41, 0x7f]))]],
    [
      'a flood before the first request',
      [PREFACE, settings, ...Array.from({ length: 20 }, () => encodeFrame(0, 0, 1, Buffer.alloc(16_384)))],
    ],
  ])('is closed for %s', async (_what, octets) => {
    await speak(...octets);
    expect(outcomes.at(-1)).toBe('malformed');
  });

  it('is served or closed whatever a client says, and the next one finds all as it was', async () => {
    const good = [PREFACE, settings, acknowledged, first, encodeFrame(0, 1, 1, Buffer.from('body'))];
    const clean = Buffer.concat(good);
    const bytes = fc.record({ at: fc.nat(), byte: fc.integer({ min: 0, max: 255 }), insert: fc.boolean() });
    const say = (octets: Buffer): Promise<void> =>
      new Promise((resolve) => {
        const socket = connect(path);
        socket.on('error', () => undefined).once('close', () => resolve());
        socket.resume();
        socket.write(octets);
        setTimeout(() => socket.destroy(), 20);
      });
    await fc.assert(
      fc.asyncProperty(fc.array(bytes, { minLength: 1, maxLength: 4 }), async (changes) => {
        let octets: Buffer = Buffer.from(clean);
        for (const { at, byte, insert } of changes) {
          const place = at % octets.length;
          if (insert) octets = Buffer.concat([octets.subarray(0, place), Buffer.of(byte), octets.subarray(place)]);
          else octets[place] = byte;
        }
        await say(octets);
      }),
      { numRuns: 100 },
    );
    await vi.waitFor(() => expect(sockets.every(({ destroyed }) => destroyed)).toBe(true));
    const client = open();
    expect((await ask(client, { ':authority': '/a' }, Buffer.from('x'))).body.toString()).toBe('x');
    client.destroy();
  });

  it('is closed where its client goes before it has asked', async () => {
    const socket = connect(path);
    socket.end(PREFACE);
    socket.resume();
    await once(socket, 'close');
    expect(outcomes).toEqual([]);
  });
});
