import { CertificateRevocationList } from 'pkijs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { derChainToPem, derToPem } from '../asn1/pem.js';
import { newSerial } from '../asn1/serial.js';
import { type KeyAlgorithm } from '../signer/key-algorithm.js';
import { TestHierarchy } from '../testing/hierarchy.js';
import { OpenSsl } from '../testing/openssl.js';
import { publishCrl } from '../testing/publish-crl.js';
import { verifyCrl } from './parse-crl.js';
import { RevokedEntries } from './revoked-entries.js';

let openssl: OpenSsl;
beforeAll(async () => {
  openssl = await OpenSsl.create();
});
afterAll(() => openssl.remove());

const hour = 3_600_000;
const datesOf = (now: Date) => ({
  thisUpdate: new Date(now.getTime() - hour),
  nextUpdate: new Date(now.getTime() + hour),
});

/** What `openssl verify -crl_check_all` says of the leaf, with a CRL of every CA. */
const check = async (at: TestHierarchy, leaf: Buffer, entries: RevokedEntries, crlNumber = 7n) => {
  const none = new RevokedEntries();
  const dates = datesOf(at.now);
  const crl = await publishCrl(at.issuers.workload, at.signer, entries, crlNumber, dates);
  const parents = await Promise.all([at.root, at.intermediate].map((ca) => publishCrl(ca, at.signer, none, 1n, dates)));
  const { certificate } = at.issuers.workload;
  await openssl.write('root.pem', derChainToPem([at.root.certificate]));
  await openssl.write('chain.pem', derChainToPem([at.intermediate.certificate, certificate]));
  await openssl.write('issuer.pem', derChainToPem([certificate]));
  await openssl.write('leaf.pem', derChainToPem([leaf]));
  await openssl.write('crl.der', crl);
  await openssl.write('crls.pem', [crl, ...parents].map((each) => derToPem(each, 'X509 CRL')).join(''));
  const signed = await openssl.run(
    'crl',
    '-inform',
    'DER',
    '-in',
    'crl.der',
    '-CAfile',
    'issuer.pem',
    '-noout',
    '-text',
  );
  const verified = await openssl.run(
    ...['verify', '-crl_check_all', '-x509_strict', '-CAfile', 'root.pem', '-untrusted', 'chain.pem'],
    ...['-CRLfile', 'crls.pem', 'leaf.pem'],
  );
  return { crl, signed: signed.output, verified };
};

describe('openssl on our CRLs', () => {
  it.each<KeyAlgorithm>(['ecdsa-p256', 'ecdsa-p384', 'rsa-2048', 'ed25519'])(
    'follows a certificate from good to held, released and revoked (%s)',
    async (algorithm) => {
      const at = await TestHierarchy.create(new Date(), algorithm);
      const { certificate, serial } = await at.workload();
      const { notAfter } = at.validity;
      const entries = new RevokedEntries();
      for (let i = 0; i < 20; i++)
        entries.set({ serial: newSerial(), revokedAt: at.now, reason: 'superseded' }, notAfter);

      const good = await check(at, certificate, entries);
      expect(good.verified).toMatchObject({ code: 0 });
      expect(good.signed).toMatch(/verify OK/);

      entries.set({ serial, revokedAt: at.now, reason: 'certificateHold' }, notAfter);
      const held = await check(at, certificate, entries);
      expect(held.verified.output).toMatch(/certificate revoked/);
      expect(held.signed).toMatch(/verify OK[^]*Certificate Hold/);

      entries.remove(serial);
      expect((await check(at, certificate, entries)).verified).toMatchObject({ code: 0 });

      const invalidityDate = new Date(at.now.getTime() - 5 * hour);
      entries.set({ serial, revokedAt: at.now, reason: 'keyCompromise', invalidityDate }, notAfter);
      const revoked = await check(at, certificate, entries, 123_456_789_012n);
      expect(revoked.verified.output).toMatch(/certificate revoked/);
      expect(revoked.signed).toMatch(/Key Compromise[^]*Invalidity Date/);
      const parsed = verifyCrl(revoked.crl, at.issuers.workload.certificate);
      expect(parsed).toMatchObject({ number: 123_456_789_012n });
      expect(parsed.entries).toHaveLength(21);
      expect(parsed.entries.find((entry) => entry.serial === serial)).toMatchObject({ reason: 'keyCompromise' });
    },
  );

  it('an empty CRL has no list of entries and clears a revocation', async () => {
    const at = await TestHierarchy.create(new Date());
    const { certificate } = await at.workload();
    const { crl, signed, verified } = await check(at, certificate, new RevokedEntries());
    expect(verified).toMatchObject({ code: 0 });
    expect(signed).toMatch(/verify OK[^]*No Revoked Certificates/);
    const read = CertificateRevocationList.fromBER(new Uint8Array(crl));
    expect(read.revokedCertificates).toBeUndefined();
    expect(read.crlExtensions?.extensions.map(({ extnID }) => extnID)).toEqual(['2.5.29.35', '2.5.29.20']);
  });

  it('pkijs reads the serials in ascending order', async () => {
    const at = await TestHierarchy.create(new Date());
    const entries = new RevokedEntries();
    for (let i = 0; i < 700; i++) entries.set({ serial: newSerial(), revokedAt: at.now }, at.validity.notAfter);
    const crl = await publishCrl(at.issuers.workload, at.signer, entries, 1n, datesOf(at.now));
    const { revokedCertificates = [] } = CertificateRevocationList.fromBER(new Uint8Array(crl));
    const serials = revokedCertificates.map(({ userCertificate }) =>
      Buffer.from(userCertificate.valueBlock.valueHexView).toString('hex'),
    );
    expect(serials).toHaveLength(700);
    expect(serials).toEqual([...serials].sort());
    expect(verifyCrl(crl, at.issuers.workload.certificate).entries.map(({ serial }) => serial)).toEqual(serials);
  });

  it('refuses a CRL of another issuer and one that was changed', async () => {
    const at = await TestHierarchy.create(new Date());
    const crl = await publishCrl(at.issuers.workload, at.signer, new RevokedEntries(), 1n, datesOf(at.now));
    expect(() => verifyCrl(crl, at.issuers.server.certificate)).toThrow(
      expect.objectContaining({ code: 'CRL_BAD_SIGNATURE' }),
    );
    const changed = Buffer.from(crl);
    const number = changed.indexOf(Buffer.from('0403020101', 'hex')) + 4;
    changed[number] = 2;
    expect(() => verifyCrl(changed, at.issuers.workload.certificate)).toThrow(
      expect.objectContaining({ code: 'CRL_BAD_SIGNATURE' }),
    );
    expect(() => verifyCrl(crl.subarray(0, -1), at.issuers.workload.certificate)).toThrow(
      expect.objectContaining({ code: 'CRL_MALFORMED' }),
    );
  });
});
