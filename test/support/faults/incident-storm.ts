import { CartularyClient, ProblemError } from '@cartulary/client';
import type { StandaloneProcess } from '@cartulary/testing';
import { makeRequest } from '../enrol.js';
import { operatorTls } from './collect.js';

/** What a storm of issuances and renewals was given and refused. */
export interface StormFigures {
  readonly granted: number;
  readonly refused: Readonly<Record<string, number>>;
}

/**
 * Issues for a namespace, and renews certificates of it, as fast as it goes, through every crash of the service; ends with
 * the signal.
 */
export const runStorm = async (
  service: StandaloneProcess,
  { serials, namespace, clients }: { serials: readonly string[]; namespace: string; clients: number },
  signal: AbortSignal,
): Promise<StormFigures> => {
  const requests = await Promise.all(Array.from({ length: clients * 4 }, () => makeRequest()));
  const client = new CartularyClient({
    ...{ baseUrl: service.restUrl, tls: operatorTls(service), timeout: 5_000, retries: 0 },
  });
  const refused: Record<string, number> = {};
  let granted = 0;
  const one = async (number: number): Promise<void> => {
    for (let round = 0; !signal.aborted; round++) {
      const { csr } = requests[(number + round * clients) % requests.length]!;
      const serial = serials[(number * 7919 + round) % serials.length]!;
      const identity = `spiffe://cluster.local/ns/${namespace}/sa/storm`;
      const asked =
        round % 2 === 0
          ? client.renewCertificate({ params: { serial }, body: { csr } })
          : client.issueCertificate({ body: { csr, identity } });
      await asked.then(
        () => granted++,
        async (error: unknown) => {
          const code = error instanceof ProblemError ? error.code : 'unreachable';
          refused[code] = (refused[code] ?? 0) + 1;
          if (code === 'unreachable') await new Promise((resolve) => setTimeout(resolve, 50));
        },
      );
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, number) => one(number)));
  await client.close();
  return { granted, refused };
};
