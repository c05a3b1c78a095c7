import { buildTbsCsr, canaryName, InMemorySigner, issueCertificate, newCanarySerial, newSerial } from '@cartulary/x509';
import { beforeEach, describe, expect, it } from 'vitest';
import { TestDomain } from '../testing/index.js';
import { RestrictedSigner, type SignerRights } from './restricted-signer.js';

describe('RestrictedSigner', () => {
  let store: InMemorySigner;
  let keyId: string;
  let toBeSigned: Buffer;
  beforeEach(async () => {
    store = new InMemorySigner();
    const key = await store.generate('ecdsa-p256');
    keyId = key.keyId;
    toBeSigned = buildTbsCsr(Buffer.from('3000', 'hex'), key.spki, []);
  });
  const signer = (rights: SignerRights) => new RestrictedSigner(store, rights);

  it('signs for the usages that it was given', async () => {
    const signature = await signer({ usages: ['csr'] }).sign({ keyId, usage: 'csr', toBeSigned });
    expect(signature.length).toBeGreaterThan(60);
  });

  it('refuses every other usage', async () => {
    const crlOnly = signer({ usages: ['crl'] });
    for (const usage of ['certificate', 'csr', 'ocsp'] as const) {
      await expect(crlOnly.sign({ keyId, usage, toBeSigned })).rejects.toMatchObject({ code: 'SIGNER_REFUSED' });
    }
  });

  it('cannot be made to sign one thing as another', async () => {
    const crlOnly = signer({ usages: ['crl'] });
    await expect(crlOnly.sign({ keyId, usage: 'crl', toBeSigned })).rejects.toMatchObject({ code: 'SIGNER_REFUSED' });
  });

  it('signs canaries, and no other certificates, for one that has the right to them alone', async () => {
    const domain = await TestDomain.create();
    const { issuerId, keyId: own } = domain.issuer('workload');
    const reference = { certificate: domain.issuers.certificate(issuerId), keyId: own };
    const { trustDomain } = domain.settings;
    const spki = (await store.generate('ecdsa-p256')).spki;
    const notAfter = new Date(domain.clock.now().getTime() + 300_000);
    const common = {
      profile: 'workload',
      trustDomain,
      publications: {},
      spki,
      notBefore: domain.clock.now(),
      notAfter,
    } as const;
    const canary = { ...common, serial: newCanarySerial(), spiffeId: canaryName(trustDomain, issuerId) };
    const workload = { ...common, serial: newSerial(), spiffeId: `spiffe://${trustDomain}/ns/shop/sa/cart` };
    const restricted = new RestrictedSigner(domain.signer, { usages: ['crl'], canaries: true });
    expect((await issueCertificate(canary, reference, restricted)).length).toBeGreaterThan(300);
    const refused = { code: 'SIGNER_REFUSED' };
    await expect(issueCertificate(workload, reference, restricted)).rejects.toMatchObject(refused);
    await expect(
      issueCertificate(canary, reference, new RestrictedSigner(domain.signer, { usages: ['crl'] })),
    ).rejects.toMatchObject(refused);
  });

  it('makes keys only where it may', async () => {
    const refused = { code: 'SIGNER_REFUSED' };
    await expect(signer({ usages: ['certificate'] }).generate('ecdsa-p256')).rejects.toMatchObject(refused);
    await expect(signer({ usages: ['certificate'] }).import('')).rejects.toMatchObject(refused);
    expect(await store.keys()).toHaveLength(1);
    const made = await signer({ usages: ['certificate'], makesKeys: true }).generate('ecdsa-p256');
    expect(await store.key(made.keyId)).toEqual(made);
  });
});
