import { type Base64, type IssuerCrlImported, type IssuerId, type IssuerRecord, timestamp } from '@cartulary/domain';
import { certificateFacts, type IssuerReference, Octets, RevokedEntries } from '@cartulary/x509';
import { publishCrl, TestHierarchy } from '@cartulary/x509/testing';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type FoldedEvent, ResponderState } from './responder-state.js';

const now = new Date('2026-03-01T12:00:00Z');

describe('a CRL that its event carries', () => {
  let hierarchy: TestHierarchy;
  let state: ResponderState;
  let position = 0;
  const rootId = (): IssuerId => certificateFacts(hierarchy.root.certificate).keyHash.slice(0, 16) as IssuerId;
  const event = (type: string, data: object): FoldedEvent => ({
    ...{ position: ++position, version: position, type },
    data: data as FoldedEvent['data'],
  });
  beforeAll(async () => {
    hierarchy = await TestHierarchy.create(now);
  });
  beforeEach(() => {
    position = 0;
    state = new ResponderState(3_600_000);
    const { notBefore, notAfter } = certificateFacts(hierarchy.root.certificate);
    const root: IssuerRecord = {
      ...{ issuerId: rootId(), purpose: 'root', epoch: 1, name: 'Root', keyAlgorithm: 'ecdsa-p256' },
      certificate: hierarchy.root.certificate.toString('base64') as Base64,
      ...{ notBefore: timestamp(notBefore), notAfter: timestamp(notAfter) },
    };
    state.fold([event('IssuerImported', root)], now);
  });
  const carry = async (number: number, issuer: IssuerReference = hierarchy.root): Promise<Buffer> => {
    const dates = { thisUpdate: now, nextUpdate: new Date(now.getTime() + 86_400_000) };
    const crl = await publishCrl(issuer, hierarchy.signer, new RevokedEntries(), BigInt(number), dates);
    const data: IssuerCrlImported['data'] = {
      ...{ issuerId: rootId(), number, thisUpdate: timestamp(now), nextUpdate: timestamp(dates.nextUpdate) },
      ...{ entries: 0, crl: crl.toString('base64') as Base64, importedAt: timestamp(now) },
    };
    state.fold([event('IssuerCrlImported', data)], now);
    return crl;
  };

  it('is served as it is, and then the newer one', async () => {
    const first = await carry(7);
    expect(state.crls.find(rootId())).toMatchObject({ number: 7, octets: new Octets([first]) });
    const second = await carry(9);
    expect(state.crls.find(rootId())).toMatchObject({ number: 9, octets: new Octets([second]) });
    await carry(8);
    expect(state.crls.find(rootId())?.number).toBe(9);
  });

  it('is not served where the issuer did not sign it', async () => {
    await carry(7);
    await carry(9, hierarchy.intermediate);
    expect(state.crls.find(rootId())?.number).toBe(7);
  });

  it('is there again after a restart from a snapshot', async () => {
    const bytes = await carry(7);
    state.refresh(now);
    const restored = new ResponderState(3_600_000);
    restored.restore(state.dump()!, [], now);
    expect(restored.crls.find(rootId())).toMatchObject({ number: 7, octets: new Octets([bytes]) });
  });
});
