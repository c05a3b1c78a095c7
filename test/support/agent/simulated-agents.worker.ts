// Many node agents in one process: each with its own key, certificate, connection and stream over real gRPC. What a proxy
// would do is said at once: a CRL that has come is acknowledged as delivered and as enforced.
import type { StreamTrustResponse } from '@cartulary/contracts';
import { createCsr, derToPem, generatePrivateKey } from '@cartulary/x509';
import { GrpcClient } from '../grpc/clients.js';

export interface SimulationOrder {
  readonly port: number;
  readonly root: string;
  readonly agents: readonly { readonly node: string; readonly token: string }[];
}
export type SimulationSaid =
  | { readonly type: 'joined'; readonly agents: number }
  | { readonly type: 'failed'; readonly message: string }
  /** Milliseconds since the epoch at which each agent heard of a serial. */
  | { readonly type: 'heard'; readonly serial: string; readonly at: readonly number[] };

const JOINING = 16;
const say = (message: SimulationSaid): void => void process.send?.(message);
const heard = new Map<string, number[]>();

const join = async ({ port, root }: SimulationOrder, node: string, token: string): Promise<void> => {
  const key = await generatePrivateKey('ecdsa-p256');
  const csr = derToPem(await createCsr(key, {}), 'CERTIFICATE REQUEST');
  const stranger = new GrpcClient(port, root);
  const { certificate } = await stranger.attest(token, csr);
  stranger.close();
  const shown = { key: key.export({ type: 'pkcs8', format: 'pem' }) as string, cert: certificate.chain.join('') };
  const client = new GrpcClient(port, root, shown);
  const stream = client.streamTrust();
  await new Promise<void>((resolve, reject) => {
    stream.on('error', reject);
    stream.on('data', (message: StreamTrustResponse) => {
      const now = Date.now();
      for (const { serial } of message.revocations ?? []) heard.set(serial, [...(heard.get(serial) ?? []), now]);
      const said = (message.crls ?? []).flatMap(({ issuerId, number }) =>
        ['STATE_DELIVERED', 'STATE_ENFORCED'].map((state) => ({
          ...{ issuerId, number, proxy: `envoy-${node}`, context: 'inbound', state },
        })),
      );
      if (said.length > 0) client.acknowledge(said).catch((error: unknown) => say(failure(error)));
      if (message.complete) resolve();
    });
  });
};

const failure = (error: unknown): SimulationSaid => ({ type: 'failed', message: String(error) });

process.on('message', (order: SimulationOrder | { readonly tell: string }) => {
  if ('tell' in order) return say({ type: 'heard', serial: order.tell, at: heard.get(order.tell) ?? [] });
  const waiting = [...order.agents];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) await join(order, next.node, next.token);
  };
  Promise.all(Array.from({ length: JOINING }, work)).then(
    () => say({ type: 'joined', agents: order.agents.length }),
    (error: unknown) => say(failure(error)),
  );
});
process.on('disconnect', () => process.exit(0));
