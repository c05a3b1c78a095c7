import { type Ledger, PostgresLedger, ProjectionDatabase, verifyLedger } from '@cartulary/ledger';
import { createTestDatabase, newStream, noteAt, type TestDatabase } from '@cartulary/ledger/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { passPositions, positionOf } from './pass-positions.js';

const now = new Date('2026-03-01T12:00:00Z');

describe('passPositions', () => {
  let database: TestDatabase;
  let ledger: Ledger;
  beforeAll(async () => {
    database = await createTestDatabase();
    ledger = new PostgresLedger({ url: database.serviceUrl });
  });
  afterAll(async () => {
    await ledger.close();
    await database.drop();
  });

  it('has no use for a ledger that is empty, or for what is no position', async () => {
    await expect(passPositions(ledger, 10, now)).rejects.toThrow('is not for an empty ledger');
    for (const text of ['', '0', '-1', '0x10', '1e9', 'all'])
      expect(() => positionOf(text), text).toThrow('is no position');
    expect(positionOf('4711')).toBe(4711);
  });

  it('leaves no position that was given before to anything else, and no gap', async () => {
    await ledger.append(noteAt(newStream()));
    expect(await passPositions(ledger, 1_234, now)).toBe(1_233);
    const { events } = await ledger.append(noteAt(newStream()));
    expect(events[0]!.position).toBe(1_235);
    const owner = new ProjectionDatabase(database.ownerUrl);
    const query = async (text: string, values: unknown[] = []) => ({ rows: await owner.query<unknown>(text, values) });
    const verified = await verifyLedger({ query }).finally(() => owner.close());
    expect(verified).toMatchObject({ problems: [] });
  });

  it('changes nothing when the ledger is further already, and refuses what is far too far', async () => {
    expect(await passPositions(ledger, 1_000, now)).toBe(0);
    await expect(passPositions(ledger, 4_000_000_000, now)).rejects.toThrow('is too far from 1235');
    expect((await ledger.head()).position).toBe(1_235);
  });
});
