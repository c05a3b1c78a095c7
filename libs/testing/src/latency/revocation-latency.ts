import { setTimeout as sleep } from 'node:timers/promises';
import { createCsr, derToPem, generatePrivateKey, pemToDer } from '@cartulary/x509';
import type { Cluster } from '../cluster/cluster.js';
import { OcspPoller } from './ocsp-poller.js';

export interface LatencyOptions {
  readonly cluster: Cluster;
  readonly trustDomain: string;
  readonly count: number;
  readonly signal?: AbortSignal;
  /** Certificates issued, or revoked and seen by all. */
  readonly onProgress?: (what: 'issued' | 'revoked', done: number) => void;
}

/** Milliseconds; an unrelated pause keeps the revocations from falling into step with anything that is periodic. */
const LONGEST_PAUSE = 40;
const ISSUING_AT_ONCE = 4;

/**
 * Revokes certificates one after the other, at one replica and the other, and gives for each responder the milliseconds
 * from the acknowledgement's arrival here to that of the first answer that says revoked.
 */
export const revocationLatency = async (options: LatencyOptions): Promise<readonly (readonly number[])[]> => {
  const { cluster, signal, onProgress } = options;
  const { issuers } = await cluster.client(cluster.one('inventory')).listIssuers();
  const issuer = issuers.find(({ purpose }) => purpose === 'workload');
  if (!issuer) throw new Error('there is no workload issuer');
  const certificate = pemToDer(issuer.certificate, 'CERTIFICATE');
  const pollers = cluster.of('responder').map(({ publicUrl }) => new OcspPoller(publicUrl, certificate));
  try {
    const serials = await issueAll(options);
    for (const serial of serials) await Promise.all(pollers.map((poller) => poller.until(serial, 'good', signal)));
    const latencies: number[][] = pollers.map(() => []);
    for (const [index, serial] of serials.entries()) {
      const revocation = cluster.client(cluster.one('revocation', index % 2));
      await revocation.createRevocation({ body: { serial, reason: 'superseded' } });
      const acknowledged = performance.now();
      const seen = await Promise.all(pollers.map((poller) => poller.until(serial, 'revoked', signal)));
      for (const [responder, at] of seen.entries()) latencies[responder]!.push(at - acknowledged);
      onProgress?.('revoked', index + 1);
      await sleep(Math.random() * LONGEST_PAUSE, undefined, signal ? { signal } : {});
    }
    return latencies;
  } finally {
    for (const poller of pollers) poller.close();
  }
};

const issueAll = async ({ cluster, trustDomain, count, signal, onProgress }: LatencyOptions): Promise<string[]> => {
  const serials: string[] = [];
  const issueSome = async (worker: number): Promise<void> => {
    for (let index = worker; index < count; index += ISSUING_AT_ONCE) {
      signal?.throwIfAborted();
      const csr = derToPem(await createCsr(await generatePrivateKey('ecdsa-p256'), {}), 'CERTIFICATE REQUEST');
      const identity = `spiffe://${trustDomain}/ns/demo/sa/worker-${worker}`;
      const issuance = cluster.client(cluster.one('issuance', index % 2));
      serials.push((await issuance.issueCertificate({ body: { csr, identity } })).serial);
      onProgress?.('issued', serials.length);
    }
  };
  await Promise.all(Array.from({ length: ISSUING_AT_ONCE }, (_, worker) => issueSome(worker)));
  return serials;
};
