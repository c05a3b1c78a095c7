import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createKafka } from './client.js';

it('prints no warning of kafkajs’ negative timers, and hides no other', async () => {
  const warnings: string[] = [];
  const note = ({ name }: Error): void => void warnings.push(name);
  process.on('warning', note);
  // Answers each request with its correlation id and nothing else: enough for the queue to look at itself.
  const server = createServer((socket) => {
    socket.on('data', (request) => {
      const answer = Buffer.alloc(8);
      answer.writeInt32BE(4, 0);
      answer.writeInt32BE(request.readInt32BE(8), 4);
      socket.write(answer);
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const admin = createKafka({ brokers: [`127.0.0.1:${port}`] }).admin({ retry: { retries: 0 } });
  await expect(admin.connect()).rejects.toThrow();
  await admin.disconnect();
  await sleep(50);
  expect(warnings).toEqual([]);
  setTimeout(() => undefined, -1);
  await sleep(50);
  expect(warnings).toEqual(['TimeoutNegativeWarning']);
  process.off('warning', note);
  server.close();
});

it('hands nothing to the operating system that may not be sent any more', async () => {
  let received = 0;
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      received += bytes.length;
      socket.destroy();
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const connect = (maySend: () => boolean): Promise<void> =>
    createKafka({ brokers: [`127.0.0.1:${port}`] }, { maySend })
      .admin({ retry: { retries: 0 } })
      .connect();
  await expect(connect(() => false)).rejects.toThrow('not the active relay any more');
  expect(received).toBe(0);
  await expect(connect(() => true)).rejects.toThrow();
  expect(received).toBeGreaterThan(0);
  server.close();
});
