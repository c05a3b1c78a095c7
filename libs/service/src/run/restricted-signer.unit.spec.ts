import { buildTbsCsr, InMemorySigner } from '@cartulary/x509';
import { beforeEach, describe, expect, it } from 'vitest';
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

  it('makes keys only where it may', async () => {
    const refused = { code: 'SIGNER_REFUSED' };
    await expect(signer({ usages: ['certificate'] }).generate('ecdsa-p256')).rejects.toMatchObject(refused);
    await expect(signer({ usages: ['certificate'] }).import('')).rejects.toMatchObject(refused);
    expect(await store.keys()).toHaveLength(1);
    const made = await signer({ usages: ['certificate'], makesKeys: true }).generate('ecdsa-p256');
    expect(await store.key(made.keyId)).toEqual(made);
  });
});
