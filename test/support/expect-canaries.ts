import { expect } from 'vitest';
import { ProjectionDatabase } from '@cartulary/ledger';
import type { Cluster } from './cluster.js';
import type { RelyingParties } from './relying-parties.js';

/** As the replica that it holds a stream to would write it down, for an hour. */
const AGENT = `
  INSERT INTO projections.revocation_agents (node, stream, opened_at, beat_at, canaries)
  VALUES ('far-away', 'x', clock_timestamp(), clock_timestamp() + interval '1 hour', true)`;

/** While an agent is somewhere that tries canaries, CRLs have some, and everybody takes them for what they are: revoked. */
export const expectCanaries = async (cluster: Cluster, relying: RelyingParties, ownerUrl: string): Promise<void> => {
  const inventory = cluster.client(cluster.one('inventory'));
  const canaries = async () => (await inventory.listCertificates({ query: { profile: 'canary' } })).certificates;
  expect(await canaries()).toEqual([]);
  const database = new ProjectionDatabase(ownerUrl);
  try {
    await database.query(AGENT);
    await expect.poll(async () => (await canaries()).length, { timeout: 20_000 }).toBeGreaterThan(0);
    const [canary] = await canaries();
    expect(canary).toMatchObject({ status: 'revoked', profile: 'canary', issuerId: relying.issuer.issuerId });
    expect(canary).not.toHaveProperty('identity');
    await relying.allSay(canary!.serial, 'revoked');
    await expect.poll(async () => canary!.serial in (await relying.all[0]!.crl(relying.issuer)).entries).toBe(true);
    const { certificates } = await inventory.listCertificates();
    expect(certificates.filter(({ profile }) => profile === 'canary')).toEqual([]);
  } finally {
    await database.query(`DELETE FROM projections.revocation_agents WHERE node = 'far-away'`);
    await database.close();
  }
};
