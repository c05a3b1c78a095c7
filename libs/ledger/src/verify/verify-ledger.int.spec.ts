import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PostgresLedger } from '../postgres/postgres-ledger.js';
import { newStream, noteAt } from '../testing/commands.js';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.js';
import { verifyLedger } from './verify-ledger.js';

describe('verifyLedger', () => {
  let database: TestDatabase;
  let owner: pg.Client;
  const stream = newStream();

  beforeAll(async () => {
    database = await createTestDatabase();
    owner = new pg.Client({ connectionString: database.ownerUrl });
    await owner.connect();
    const ledger = new PostgresLedger({ url: database.serviceUrl });
    for (let version = 0; version < 3; version++) await ledger.append(noteAt(stream, version));
    await ledger.append(noteAt(newStream()));
    await ledger.close();
    // As one with the disk could: neither grants nor triggers are in the way.
    await owner.query('SET session_replication_role = replica');
  });
  afterAll(async () => {
    await owner.end();
    await database.drop();
  });
  beforeEach(async () => {
    await owner.query('BEGIN');
    return () => owner.query('ROLLBACK');
  });

  it('finds nothing wrong with a ledger that was only appended to', async () => {
    expect(await verifyLedger(owner)).toEqual({ events: 4, problems: [] });
    expect(await verifyLedger(owner, { from: 2, to: 3 })).toEqual({ events: 2, problems: [] });
  });

  it.each([
    ['a deleted event', 'DELETE FROM cartulary.events WHERE position = 2', ['position 3: follows 1', `version 3 of`]],
    [
      'a deleted end',
      'DELETE FROM cartulary.events WHERE position = 4',
      ['positions 4 to 4 are missing', 'streams have'],
    ],
    ['another type', `UPDATE cartulary.events SET type = 'Other' WHERE position = 1`, ['position 1: type']],
    ['another version', `UPDATE cartulary.events SET version = 9 WHERE position = 4`, ['4: version', 'the head of']],
    [
      'another time',
      `UPDATE cartulary.events SET committed_at = '1999-01-01' WHERE position = 3`,
      ['3: committed before'],
    ],
    [
      'an envelope rewritten together with its hash',
      `UPDATE cartulary.events SET envelope = convert_to(replace(convert_from(envelope, 'UTF8'), '"version":1', '"version":7'), 'UTF8')
       WHERE position = 1`,
      ['position 1: version is not what'],
    ],
    ['a moved head', 'UPDATE cartulary.stream_heads SET version = 8 WHERE version = 3', ['the head of']],
    ['a head set back', 'UPDATE cartulary.ledger_head SET position = 3', ['1 events lie beyond the head 3']],
  ])('finds %s', async (_name, tamper, expected) => {
    await owner.query(tamper);
    const { problems } = await verifyLedger(owner);
    for (const text of expected) expect(problems.join('\n')).toContain(text);
  });
});
