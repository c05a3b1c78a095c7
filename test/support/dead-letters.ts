import { createHash, createPublicKey } from 'node:crypto';
import pg from 'pg';
import { expect } from 'vitest';
import type { Cluster } from '@cartulary/testing';
import { makeRequest } from './enrol.js';

const GROUP = 'revocation-blocked-keys';
const PATIENCE = { timeout: 60_000, interval: 200 };
const TABLE = 'projections.revocation_key_certificates';

/** An event that a consumer can't handle is set aside, others go on; it is seen everywhere and replayed where it belongs. */
export const expectDeadLetterToBeReplayed = async (cluster: Cluster, databaseOwnerUrl: string): Promise<void> => {
  const owner = new pg.Client({ connectionString: databaseOwnerUrl });
  await owner.connect();
  try {
    const known = async (serial: string): Promise<number> =>
      (await owner.query(`SELECT 1 FROM ${TABLE} WHERE serial = $1`, [serial])).rowCount ?? 0;
    const issue = async (csr: string): Promise<string> => {
      const identity = 'spiffe://cluster.local/ns/shop/sa/poison';
      return (await cluster.client(cluster.one('issuance')).issueCertificate({ body: { csr, identity } })).serial;
    };
    // The cause: the consumer's table takes no row of this key.
    const { key, csr } = await makeRequest();
    const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
    const keyHash = createHash('sha256').update(spki).digest('hex');
    await owner.query(`ALTER TABLE ${TABLE} ADD CONSTRAINT poison CHECK (key_hash <> '\\x${keyHash}') NOT VALID`);
    const serial = await issue(csr);
    const next = await issue((await makeRequest()).csr);

    const inventory = cluster.client(cluster.one('inventory'));
    const listed = async () => (await inventory.listDeadLetters({ query: { group: GROUP } })).deadLetters;
    await expect.poll(listed, PATIENCE).toHaveLength(1);
    await expect.poll(() => known(next), PATIENCE).toBe(1);
    const [letter] = await listed();
    expect(letter).toMatchObject({ type: 'CertificateIssued', service: 'revocation', replayable: false, attempts: 5 });
    expect(letter!.reason).toContain('poison');

    const params = { id: letter!.id };
    const shown = await cluster.client(cluster.one('issuance')).getDeadLetter({ params });
    expect(shown.event?.data).toMatchObject({ serial, keyHash });
    await expect(inventory.replayDeadLetter({ params })).rejects.toMatchObject({ code: 'DEAD_LETTER_ELSEWHERE' });
    const revocation = cluster.client(cluster.one('revocation', 1));
    await expect(revocation.replayDeadLetter({ params })).rejects.toMatchObject({ code: 'DEAD_LETTER_STILL_FAILS' });
    expect(await known(serial)).toBe(0);

    await owner.query(`ALTER TABLE ${TABLE} DROP CONSTRAINT poison`);
    expect(await revocation.replayDeadLetter({ params })).toMatchObject({ id: letter!.id, attempts: 6 });
    expect(await known(serial)).toBe(1);
    expect(await listed()).toEqual([]);
  } finally {
    await owner.query(`ALTER TABLE ${TABLE} DROP CONSTRAINT IF EXISTS poison`);
    await owner.end();
  }
};
