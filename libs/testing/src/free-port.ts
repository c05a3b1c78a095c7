import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';

const lowest = 15_000;
/** Ports a process takes before it comes to those of the next one. */
const share = 64;
let taken = 0;

/**
 * Ports on 127.0.0.1 that nobody listens on at this moment, all different, and never the same twice in a process. They
 * lie below the range the kernel takes ports of outgoing connections from: a server that needs seconds to start would
 * else find its port gone now and then. Processes begin at different places.
 */
export const freePorts = async (count: number): Promise<number[]> => {
  const span = Math.max(share, firstEphemeral() - lowest);
  const ports: number[] = [];
  for (let tries = 0; ports.length < count; tries += 1) {
    if (tries > span) throw new Error(`no ${count} free ports from ${lowest} on`);
    const port = lowest + ((process.pid * share + taken) % span);
    taken += 1;
    if (await isFree(port)) ports.push(port);
  }
  return ports;
};

const firstEphemeral = (): number => {
  try {
    return Number.parseInt(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8'), 10);
  } catch {
    return 32_768;
  }
};

const isFree = async (port: number): Promise<boolean> => {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
};
