import { type IssuerId, type Timestamp, timestamp } from '@cartulary/domain';
import { ProjectionDatabase, type RecordedEvent } from '@cartulary/ledger';
import { createTestDatabase, type TestDatabase } from '@cartulary/ledger/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MemoryBook } from '../testing/epochs.fixture.spec.js';
import { EpochBook } from './epoch-book.js';

let database: TestDatabase;
let connection: ProjectionDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  connection = new ProjectionDatabase(database.serviceUrl);
});
afterAll(async () => {
  await connection.close();
  await database.drop();
});

const at = (hour: number): Timestamp => timestamp(new Date(Date.UTC(2026, 2, 1, hour)));
const event = (position: number, type: string, data: object): RecordedEvent =>
  ({ position, type, data }) as unknown as RecordedEvent;
const issued = (position: number, issuerId: IssuerId, hour: number, profile = 'workload'): RecordedEvent =>
  event(position, 'CertificateIssued', { issuerId, notAfter: at(hour), profile });

describe.each([
  ['on Postgres', () => new EpochBook(connection), 'aaaaaaaaaaaaaaaa', 'bbbbbbbbbbbbbbbb'],
  ['in memory', () => new MemoryBook(), 'cccccccccccccccc', 'dddddddddddddddd'],
] as const)('EpochBook %s', (_, open, one, other) => {
  const [a, b] = [one as IssuerId, other as IssuerId];
  let book: EpochBook;
  beforeAll(() => {
    book = open();
  });

  it('counts what an issuer issues until it is closed, and nothing twice', async () => {
    expect(await book.of(a)).toEqual({ certificates: 0, closed: false });
    const batch = [issued(1, a, 3), issued(2, b, 9), issued(3, a, 5), issued(4, a, 99, 'ocsp-signing')];
    await book.count(batch);
    await book.count([...batch, issued(5, a, 4)]);
    expect(await book.of(a)).toEqual({ certificates: 3, closed: false, lastNotAfter: at(5) });
    await book.count([event(6, 'IssuerSuperseded', { issuerId: a })]);
    await book.count([issued(5, a, 4), event(6, 'IssuerSuperseded', { issuerId: a })]);
    expect(await book.of(a)).toEqual({ certificates: 3, closed: true, lastNotAfter: at(5) });
    expect(await book.of(b)).toEqual({ certificates: 1, closed: false, lastNotAfter: at(9) });
  });

  it('closes the epoch of an issuer that never issued', async () => {
    const idle = `${one.slice(1)}0` as IssuerId;
    await book.count([event(7, 'IssuerCompromised', { issuerId: idle })]);
    expect(await book.of(idle)).toEqual({ certificates: 0, closed: true });
  });

  it('keeps the keys that were made, until they are dropped', async () => {
    await book.keepKey(`${one}-1`, new Date(at(1)));
    await book.keepKey(`${one}-1`, new Date(at(8)));
    await book.keepKey(`${one}-2`, new Date(at(2)));
    const before = async (hour: number) =>
      (await book.keysMadeBefore(new Date(at(hour)))).filter((keyId) => keyId.startsWith(one));
    if (_ === 'on Postgres') expect(await before(2)).toEqual([`${one}-1`]);
    expect(await before(9)).toEqual([`${one}-1`, `${one}-2`]);
    await book.dropKey(`${one}-1`);
    expect(await before(9)).toEqual([`${one}-2`]);
  });
});
