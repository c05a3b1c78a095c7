import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { grpcServices } from '@cartulary/contracts';
import { Health, Metrics, silentLogger } from '@cartulary/runtime';
import { GrpcServer, problemTable } from '@cartulary/service';
import { GrpcClient } from '../support/grpc/clients.js';
import { serverCertificate } from '../support/grpc/server-certificate.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const calls: WeakRef<object>[] = [];
let server: GrpcServer;
let client: GrpcClient;
beforeAll(async () => {
  const tls = await serverCertificate();
  server = new GrpcServer({
    ...{ logger: silentLogger(), metrics: new Metrics({ process: false }), health: new Health() },
    ...{ problems: problemTable, maxConnections: 10, maxStreams: 10 },
  });
  server.add(grpcServices.trust, {
    acknowledge: ({ metadata }: { metadata: object }) => {
      // What gRPC itself holds the call by.
      calls.push(new WeakRef(metadata));
      return Promise.resolve({});
    },
    streamTrust: () => Promise.resolve(),
  });
  server.setSecureContext(tls);
  client = new GrpcClient(await server.listen({ host: '127.0.0.1', port: 0 }), tls.root);
});
afterAll(async () => {
  client?.close();
  await server?.close();
});

it('nothing is left of a call once it is answered', async () => {
  const many = 300;
  await Promise.all(Array.from({ length: many }, () => client.acknowledge([])));
  expect(calls).toHaveLength(many);
  const alive = (): number => {
    collect();
    return calls.filter((one) => one.deref() !== undefined).length;
  };
  // Far sooner than the longest that an answer may take.
  await expect.poll(alive, { timeout: 5_000, interval: 100 }).toBeLessThan(10);
});
