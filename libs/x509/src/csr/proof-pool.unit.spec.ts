import { createPublicKey } from 'node:crypto';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { generatePrivateKey, signWithKey } from '../signer/private-key.js';
import { spkiOf } from '../signer/public-key.js';
import { ProofPool } from './proof-pool.js';
import { checkProof, type Proof } from './proof.js';

let proofs: Proof[];
beforeAll(async () => {
  const info = Buffer.from('what is signed');
  const good = async (): Promise<Proof> => {
    const key = await generatePrivateKey('ecdsa-p256');
    return { spki: spkiOf(createPublicKey(key)), info, signature: await signWithKey(key, 'ecdsa-p256', info) };
  };
  const [one, two] = [await good(), await good()];
  const offCurve = Buffer.from(one.spki);
  offCurve[90]! ^= 1;
  const bad = [
    { ...one, signature: two.signature },
    { ...one, signature: Buffer.alloc(0) },
    { ...one, spki: offCurve },
    { ...one, info: Buffer.alloc(0) },
  ];
  proofs = Array.from({ length: 200 }, (_, turn) => [one, two, ...bad][turn % 6]!);
});

describe('ProofPool', () => {
  let pool: ProofPool;
  afterEach(() => pool.close());
  const expected = () => proofs.map(checkProof);
  const checked = () => Promise.all(proofs.map(async (proof) => pool.check(proof)));

  it.each([0, 1, 2])('with %i threads says of each what is so, in their order', async (threads) => {
    pool = new ProofPool(threads);
    expect(await checked()).toEqual(expected());
    expect(await pool.check(proofs[2]!)).toBe('bad-signature');
    expect(await checked()).toEqual(expected());
  });

  it('checks by itself what a thread that ends had not answered, and what comes after', async () => {
    pool = new ProofPool(2);
    await checked();
    const answers = checked();
    await new Promise((resolve) => setImmediate(resolve));
    await pool.close();
    expect(await answers).toEqual(expected());
    expect(await checked()).toEqual(expected());
  });
});
