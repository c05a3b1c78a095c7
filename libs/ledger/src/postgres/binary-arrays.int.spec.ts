import { randomBytes, randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.js';
import { byteaArray, int4Array, int8Array, textArray, uuidArray } from './binary-arrays.js';

describe('arrays in binary form', () => {
  let database: TestDatabase;
  let client: pg.Client;

  beforeAll(async () => {
    database = await createTestDatabase();
    client = new pg.Client({ connectionString: database.ownerUrl });
    await client.connect();
  });
  afterAll(async () => {
    await client.end();
    await database.drop();
  });

  const uuids = [randomUUID(), randomUUID()];
  const octets = [Buffer.alloc(0), randomBytes(1), randomBytes(65_535)];
  const texts = ['', 'plain', '{"\\,NULL}', 'zażółć 証明書 🔏', "'; --"];

  it.each([
    ['integer[]', int4Array([0, 1, -1, 2_147_483_647]), ['0', '1', '-1', '2147483647']],
    ['bigint[]', int8Array([0, 1, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER]), undefined],
    ['text[]', textArray(texts), texts],
    ['uuid[]', uuidArray(uuids), uuids],
    ['bytea[]', byteaArray(octets), octets.map((one) => `\\x${one.toString('hex')}`)],
    ...['integer', 'bigint', 'text', 'uuid', 'bytea'].map((type, index) => {
      const make = [int4Array, int8Array, textArray, uuidArray, byteaArray][index]!;
      return [`${type}[]`, make([]), []] as const;
    }),
  ] as const)('reach Postgres as they are: %s', async (type, encoded, expected) => {
    const { rows } = await client.query<{ element: string }>(
      `SELECT element::text FROM unnest($1::${type}) AS element`,
      [encoded],
    );
    const numbers = ['0', '1', '4294967295', '4294967296', '9007199254740991'];
    expect(rows.map(({ element }) => element)).toEqual(expected ?? numbers);
  });
});
