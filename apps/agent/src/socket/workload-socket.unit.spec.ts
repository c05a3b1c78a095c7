import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { SocketClient, TestAgent } from '../testing/index.js';
import { Connections } from './connections.js';

const placed = {
  spiffeId: 'spiffe://cluster.local/ns/shop/sa/cart',
  selectors: [{ uid: process.getuid!() }],
  suspended: false,
};

describe('the agent’s socket', () => {
  let agent: TestAgent | undefined;
  const sockets: Socket[] = [];
  const clients: SocketClient[] = [];
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    for (const client of clients.splice(0)) client.close();
    await agent?.close();
    agent = undefined;
  });

  const start = async (environment: Record<string, string> = {}): Promise<TestAgent> => {
    agent = await TestAgent.start({ environment });
    agent.authority.place([placed]);
    return agent;
  };
  const open = async (path: string): Promise<Socket> => {
    const socket = connect(path).on('error', () => undefined);
    sockets.push(socket);
    await once(socket, 'connect');
    return socket;
  };
  const serves = async (path: string): Promise<string[]> => {
    const client = new SocketClient(path);
    clients.push(client);
    return (await client.svids().next()).svids.map(({ spiffeId }) => spiffeId);
  };
  const isClosed = (socket: Socket): Promise<void> =>
    vi.waitFor(() => expect(socket.closed).toBe(true), { timeout: 10_000 });

  it.each(['0600', '0660', '0777'])('has the mode that is wanted: %s', async (mode) => {
    const { socket } = await start({ CARTULARY_AGENT_SOCKET_MODE: mode });
    expect(((await stat(socket)).mode & 0o777).toString(8).padStart(4, '0')).toBe(mode);
  });

  it('is not put where others may write, nor over what is no socket', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'agent-'));
    await mkdir(join(directory, 'run'));
    await chmod(join(directory, 'run'), 0o777);
    await expect(TestAgent.start({ directory })).rejects.toMatchObject({ code: 'AGENT_SOCKET' });
    await chmod(join(directory, 'run'), 0o755);
    await writeFile(join(directory, 'run', 'agent.sock'), '');
    await expect(TestAgent.start({ directory })).rejects.toMatchObject({ code: 'AGENT_SOCKET' });
    await rm(directory, { recursive: true });
  });

  it('is not taken from an agent that lives', async () => {
    const { directory, authority, socket } = await start();
    await expect(TestAgent.start({ directory, authority })).rejects.toMatchObject({ code: 'AGENT_SOCKET' });
    expect(await serves(socket)).toEqual([placed.spiffeId]);
  });

  it('hangs up on whoever talks garbage, and goes on with the others', async () => {
    const { socket } = await start();
    for (const bytes of [
      'GET / HTTP/1.1\r\n\r\n',
      '\0'.repeat(100_000),
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nGARBAGE'.repeat(50),
    ]) {
      const rude = await open(socket);
      rude.write(bytes);
      rude.resume();
      await isClosed(rude);
    }
    expect(await serves(socket)).toEqual([placed.spiffeId]);
  });

  it('takes no more connections than it may, of one user and at all', async () => {
    const limits = { CARTULARY_AGENT_MAX_CONNECTIONS: '60', CARTULARY_AGENT_MAX_CONNECTIONS_PER_USER: '50' };
    const { socket, metrics, running } = await start(limits);
    expect(await serves(socket)).toEqual([placed.spiffeId]);
    const before = process.memoryUsage().rss;
    const connections = running.app.get(Connections);
    const many: Socket[] = [];
    // No more at once than the kernel lets wait.
    while (many.length < 1_000) {
      const some = await Promise.all(Array.from({ length: 20 }, () => open(socket)));
      many.push(...some.map((one) => one.resume()));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await vi.waitFor(() => expect(many.filter(({ closed }) => !closed).length).toBeLessThanOrEqual(49), {
      timeout: 10_000,
    });
    expect(connections.size).toBeLessThanOrEqual(50);
    expect(await metrics.render()).toMatch(/agent_connections_refused_total\{reason="per-user"\} 951\n/);
    expect((process.memoryUsage().rss - before) / 1e6).toBeLessThan(100);
    for (const one of many) one.destroy();
    await vi.waitFor(() => expect(connections.size).toBe(1), { timeout: 10_000 });
    expect(await serves(socket)).toEqual([placed.spiffeId]);
  });

  it('hangs up on whoever says nothing', async () => {
    const { socket, running } = await start();
    const admitted = vi.spyOn(running.app.get(Connections), 'admit');
    admitted.mockImplementationOnce(function (this: Connections, one, limits) {
      return Connections.prototype.admit.call(this, one, { ...limits, silence: 50 });
    });
    const silent = (await open(socket)).resume();
    await isClosed(silent);
  });

  it('is gone when the agent has stopped, and its streams have been told', async () => {
    const { socket } = await start();
    const client = new SocketClient(socket);
    clients.push(client);
    const stream = client.svids();
    await stream.next();
    await agent!.stop();
    expect(await stream.refusal()).toMatchObject({ code: 'UNAVAILABLE' });
    await expect(stat(socket)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
