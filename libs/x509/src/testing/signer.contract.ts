import { createPublicKey, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { integer, sequence } from '../asn1/der-writer.js';
import { KeyStoreError, SignerRefusedError } from '../errors.js';
import { type KeyAlgorithm } from '../signer/key-algorithm.js';
import { generatePrivateKey } from '../signer/private-key.js';
import { type Signer, type SignerKey } from '../signer/signer.js';

// Shaped like a CertificationRequestInfo as far as the lint looks.
const csrShaped = sequence(integer(0), sequence(), sequence());

const holds = (key: SignerKey, bytes: Buffer, signature: Buffer): boolean => {
  const hashes: Partial<Record<string, string>> = {
    'ecdsa-p256': 'sha256',
    'ecdsa-p384': 'sha384',
    'rsa-2048': 'sha256',
  };
  const hash = hashes[key.algorithm] ?? null;
  return verify(hash, bytes, createPublicKey({ key: key.spki, format: 'der', type: 'spki' }), signature);
};

/** What every Signer does, whatever holds its keys. */
export const signerContract = (name: string, create: () => Promise<Signer>): void => {
  describe(`${name}, a Signer`, () => {
    it.each<KeyAlgorithm>(['ecdsa-p256', 'ecdsa-p384', 'rsa-2048', 'ed25519', 'ml-dsa-44', 'ml-dsa-65'])(
      'signs with %s',
      async (algorithm) => {
        const signer = await create();
        const key = await signer.generate(algorithm);
        expect(key.algorithm).toBe(algorithm);
        const signature = await signer.sign({ keyId: key.keyId, usage: 'csr', toBeSigned: csrShaped });
        expect(holds(key, csrShaped, signature)).toBe(true);
        expect(await signer.key(key.keyId)).toEqual(key);
      },
    );

    it('imports a key under the same id twice and signs with it', async () => {
      const signer = await create();
      const privateKey = await generatePrivateKey('ecdsa-p256');
      const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
      const key = await signer.import(pem);
      expect(await signer.import(pem)).toEqual(key);
      expect(await signer.keys()).toEqual([key]);
      const signature = await signer.sign({ keyId: key.keyId, usage: 'csr', toBeSigned: csrShaped });
      expect(holds(key, csrShaped, signature)).toBe(true);
    });

    it('refuses what is no private key without quoting it', async () => {
      const signer = await create();
      const refused = await signer
        .import('-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----')
        .catch((e) => e);
      expect(refused).toBeInstanceOf(KeyStoreError);
      expect(refused.code).toBe('KEYSTORE_UNSUPPORTED_KEY');
      expect(JSON.stringify([refused.message, refused.cause, refused.stack])).not.toContain('c2VjcmV0');
    });

    it('says that it has no such key', async () => {
      const signer = await create();
      const keyId = '0'.repeat(64);
      await expect(signer.key(keyId)).rejects.toMatchObject({ code: 'KEYSTORE_KEY_NOT_FOUND' });
      await expect(signer.sign({ keyId, usage: 'csr', toBeSigned: csrShaped })).rejects.toMatchObject({
        code: 'KEYSTORE_KEY_NOT_FOUND',
      });
    });

    it('refuses bytes that are not what the usage says', async () => {
      const signer = await create();
      const { keyId } = await signer.generate('ecdsa-p256');
      for (const usage of ['certificate', 'crl', 'ocsp'] as const) {
        await expect(signer.sign({ keyId, usage, toBeSigned: csrShaped })).rejects.toBeInstanceOf(SignerRefusedError);
      }
      const trailing = Buffer.concat([csrShaped, Buffer.from([0])]);
      await expect(signer.sign({ keyId, usage: 'csr', toBeSigned: trailing })).rejects.toBeInstanceOf(
        SignerRefusedError,
      );
    });
  });
};
