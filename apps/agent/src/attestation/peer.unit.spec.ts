import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { fits } from './fits.js';
import { Peer } from './peer.js';
import { PeerUnknownError, peerCredentials } from './peer-credentials.js';

const me = { pid: process.pid, uid: process.getuid!(), gid: process.getgid!() };

describe('who is at the other end of a Unix socket', () => {
  const closing: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  const accept = async (open: (path: string) => unknown): Promise<Socket> => {
    const directory = await mkdtemp(join(tmpdir(), 'peer-'));
    const path = join(directory, 's');
    const server = createServer().listen(path);
    closing.push(() => rm(directory, { recursive: true }));
    closing.push(() => server.close());
    await once(server, 'listening');
    const accepted = once(server, 'connection');
    await open(path);
    const [socket] = (await accepted) as [Socket];
    closing.push(() => socket.destroy());
    return socket;
  };

  it('is this process, when it is', async () => {
    const socket = await accept((path) => {
      const client = connect(path);
      closing.push(() => client.destroy());
    });
    const peer = new Peer(peerCredentials(socket));
    expect(peer).toMatchObject(me);
    expect(peer.isThere()).toBe(true);
    expect(peer.executable()).toBe(process.execPath);
  });

  it('is another process, of which nothing is believed once it is gone', async () => {
    let child: ChildProcess | undefined;
    const script = 'require("net").connect(process.argv[1]).on("error", () => {}); setInterval(() => {}, 1e6)';
    const socket = await accept((path) => {
      child = spawn(process.execPath, ['-e', script, path], { stdio: 'ignore' });
    });
    const peer = new Peer(peerCredentials(socket));
    expect(peer).toMatchObject({ pid: child!.pid, uid: me.uid });
    expect(peer.executable()).toBe(process.execPath);
    const exited = once(child!, 'exit');
    child!.kill();
    await exited;
    expect(peer.isThere()).toBe(false);
    expect(peer.executable()).toBeUndefined();
  });

  it('is not known of a socket that is closed', async () => {
    const socket = await accept((path) =>
      connect(path).on('connect', function (this: Socket) {
        this.destroy();
      }),
    );
    socket.destroy();
    expect(() => peerCredentials(socket)).toThrow(PeerUnknownError);
  });

  it('is nobody whose start time is another’s', () => {
    const peer = new Peer(me);
    expect(Object.assign(Object.create(Peer.prototype), peer, { startTime: '1' }).executable()).toBeUndefined();
  });
});

describe('a selector', () => {
  const peer = { uid: 7, gid: 8, executable: () => '/bin/a' };
  it.each([
    [{}, false],
    [{ uid: 7 }, true],
    [{ uid: 0 }, false],
    [{ gid: 8 }, true],
    [{ uid: 7, gid: 9 }, false],
    [{ path: '/bin/a' }, true],
    [{ uid: 7, gid: 8, path: '/bin/a' }, true],
    [{ uid: 7, path: '/bin/b' }, false],
  ])('%o fits: %s', (selector, fit) => {
    expect(fits(selector, peer)).toBe(fit);
  });

  it('asks for the program only where it has to', () => {
    const executable = (): never => {
      throw new Error('asked');
    };
    expect(fits({ uid: 8, path: '/bin/a' }, { ...peer, executable })).toBe(false);
    expect(fits({ uid: 7 }, { ...peer, executable })).toBe(true);
  });
});
