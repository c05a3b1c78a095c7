import { issuerEventTypes } from '@cartulary/domain';
import type { RecordedEvent } from '@cartulary/ledger';
import { describe, expect, it } from 'vitest';
import { stateRecordsOf } from '../testing/state-records-of.js';

const issuerId = '0123456789abcdef';
const at = '2026-11-22T12:00:00.000Z';
const record = {
  ...{ issuerId, purpose: 'root', epoch: 1, name: 'root', certificate: 'AA==', keyAlgorithm: 'ecdsa-p256' },
  ...{ notBefore: at, notAfter: '2036-11-22T12:00:00.000Z' },
};
const event = (position: number, type: string, data: object): RecordedEvent =>
  ({ position, type, data, stream: `issuer-${issuerId}`, version: position, recordedAt: at }) as RecordedEvent;

describe('StateFold', () => {
  it('tells the number of the CRL that an issuer was given', async () => {
    const dates = { thisUpdate: at, nextUpdate: at, importedAt: at };
    const given = { issuerId, number: 7, entries: 0, crl: 'AA==', ...dates };
    const records = await stateRecordsOf([event(1, 'IssuerCreated', record), event(2, 'IssuerCrlImported', given)]);
    const issuers = records.filter(({ topic }) => topic === 'state.issuer').map(({ value }) => value);
    expect(issuers).toMatchObject([{ position: 1 }, { position: 2, crlNumber: 7 }]);
  });

  it.each(issuerEventTypes.filter((type) => type !== 'IssuerCreated' && type !== 'IssuerImported'))(
    'writes an issuer’s state after %s',
    async (type) => {
      const records = await stateRecordsOf([event(1, 'IssuerCreated', record), event(2, type, { issuerId })]);
      expect(records.filter(({ topic }) => topic === 'state.issuer').at(-1)?.value).toMatchObject({ position: 2 });
    },
  );
});
