import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { inTurns } from '../asn1/in-turns.js';
import { Octets } from '../asn1/octets.js';
import { newSerial } from '../asn1/serial.js';
import { certificateFacts } from '../certificate/facts.js';
import { LintError } from '../lint/lint-error.js';
import { SignerRefusedError } from '../errors.js';
import { TestHierarchy } from '../testing/hierarchy.js';
import { CertListOctets } from './cert-list-octets.js';
import { verifyCrl } from './parse-crl.js';
import { RevokedEntries } from './revoked-entries.js';
import { assembleCrl, buildTbsCertList, type CertListTemplate, crlOctets, tbsCertList } from './tbs-cert-list.js';

describe('a CRL in pieces', () => {
  let at: TestHierarchy;
  let template: CertListTemplate;
  beforeAll(async () => {
    at = await TestHierarchy.create(new Date('2026-11-22T10:00:00Z'));
    const { subjectName, subjectKeyId } = certificateFacts(at.issuers.workload.certificate);
    const entries = new RevokedEntries();
    // More than is signed in one turn.
    for (let entry = 0; entry < 3_000; entry++) {
      entries.set({ serial: newSerial(), revokedAt: at.now, reason: 'keyCompromise' }, new Date(at.now.getTime() + 1));
    }
    template = {
      ...{ issuerName: subjectName, authorityKeyId: subjectKeyId, signatureAlgorithm: 'ecdsa-sha256', crlNumber: 7n },
      ...{ thisUpdate: at.now, nextUpdate: new Date(at.now.getTime() + 3_600_000), entries: entries.encode() },
    };
  });
  const sign = (toBeSigned: CertListOctets) => {
    const { keyId, certificate } = at.issuers.workload;
    return at.signer.sign({ keyId, usage: 'crl', toBeSigned, certificate });
  };

  it('has the octets that it has in one piece, and a signature that holds', async () => {
    const tbs = tbsCertList(template);
    expect(tbs.join()).toEqual(buildTbsCertList(template));
    expect(tbs.length).toBe(tbs.join().length);
    const signature = await sign(tbs);
    const crl = crlOctets(tbs, 'ecdsa-sha256', signature);
    expect(crl.join()).toEqual(assembleCrl(tbs.join(), 'ecdsa-sha256', signature));
    expect(verifyCrl(crl.join(), at.issuers.workload.certificate).entries).toHaveLength(3_000);
  });

  it('is signed without entries too', async () => {
    const tbs = tbsCertList({ ...template, entries: [] });
    expect(tbs.join()).toEqual(buildTbsCertList({ ...template, entries: [] }));
    expect(await sign(tbs)).toBeInstanceOf(Buffer);
  });

  it('is refused where its pieces are not what its head says', async () => {
    const { head, entries, tail } = tbsCertList(template);
    const swapped = [entries[1]!, entries[0]!, ...entries.slice(2)];
    await expect(sign(new CertListOctets(head, swapped, tail))).rejects.toThrow(LintError);
    // As long as it says, and the list ends elsewhere.
    const moved = Buffer.concat([entries.at(-1)!, tail]);
    await expect(sign(new CertListOctets(head, entries.slice(0, -1), moved))).rejects.toThrow(LintError);
    await expect(sign(new CertListOctets(head, entries.slice(1), tail))).rejects.toThrow(SignerRefusedError);
    await expect(sign(new CertListOctets(Buffer.concat([head, entries[0]!]), entries.slice(1), tail))).rejects.toThrow(
      LintError,
    );
  });

  it('is hashed in turns as it would be at once', async () => {
    const octets = new Octets([
      Buffer.alloc(3_000_001, 1),
      Buffer.alloc(5, 2),
      Buffer.alloc(0),
      Buffer.alloc(900_000, 3),
    ]);
    const hash = createHash('sha256');
    await inTurns(octets, (piece) => void hash.update(piece));
    expect(hash.digest()).toEqual(createHash('sha256').update(octets.join()).digest());
  });
});
