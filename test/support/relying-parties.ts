import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from './cluster.js';
import { makeRequest } from './enrol.js';
import { type IssuerToWatch, RelyingParty } from './faults/relying-party.js';

const PATIENCE_MS = 60_000;

/** One relying party for each responder of a cluster, all of which watch its workload issuer. */
export class RelyingParties {
  private constructor(
    private readonly cluster: Cluster,
    readonly all: readonly RelyingParty[],
    readonly issuer: IssuerToWatch,
  ) {}

  static async of(cluster: Cluster): Promise<RelyingParties> {
    const { issuers } = await cluster.client(cluster.one('inventory')).listIssuers();
    const { issuerId, certificate } = issuers.find(({ purpose }) => purpose === 'workload')!;
    const issuer = { issuerId, certificate: Buffer.from(certificate.replace(/-----[^-]+-----|\s/g, ''), 'base64') };
    const all = cluster.of('responder').map(({ publicUrl }) => new RelyingParty(publicUrl));
    return new RelyingParties(cluster, all, issuer);
  }

  /** Asks until the responder says so; milliseconds since the epoch of that answer. */
  async untilSays(party: RelyingParty, serial: string, says: string): Promise<number> {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      const seen = await party.ocsp(serial, this.issuer, true).catch(() => undefined);
      if (seen?.says === says) return seen.receivedAt;
      if (performance.now() > deadline) throw new Error(`the responder says ${seen?.says} instead of ${says}`);
      await sleep(1);
    }
  }

  allSay(serial: string, says: string): Promise<number[]> {
    return Promise.all(this.all.map((party) => this.untilSays(party, serial, says)));
  }

  async issueAt(index: number, name = 'cart') {
    const { csr } = await makeRequest();
    const identity = `spiffe://cluster.local/ns/shop/sa/${name}`;
    return this.cluster.client(this.cluster.one('issuance', index)).issueCertificate({ body: { csr, identity } });
  }

  revokeAt(index: number, serial: string, reason: 'keyCompromise' | 'certificateHold' = 'keyCompromise') {
    return this.cluster.client(this.cluster.one('revocation', index)).createRevocation({ body: { serial, reason } });
  }

  async close(): Promise<void> {
    await Promise.all(this.all.map((party) => party.close()));
  }
}
