import { createPublicKey, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { encodeName, type NameAttribute } from '../asn1/distinguished-name.js';
import { contextPrimitive, ia5, objectIdentifier, sequence, setOf, utf8String } from '../asn1/der-writer.js';
import { subjectAltName } from '../certificate/encode-extension.js';
import { generatePrivateKey } from '../signer/private-key.js';
import { p256SpkiPrefix } from '../signer/p256-spki.js';
import { spkiOf } from '../signer/public-key.js';
import { forgeCsr } from '../testing/forge-csr.js';
import { readPlainRequest } from './plain-request.js';
import { checkProof } from './proof.js';
import { type VerifiedCsr } from './verified-csr.js';
import { readThoroughly, verifyCsr } from './verify-csr.js';

const full = Boolean(process.env['CARTULARY_FULL']);
const runs = full ? 20_000 : 400;

let keys: KeyObject[];
beforeAll(async () => {
  keys = await Promise.all([...Array.from({ length: 4 }, () => generatePrivateKey('ecdsa-p256'))]);
  keys.push(await generatePrivateKey('ecdsa-p384'), await generatePrivateKey('ed25519'));
});

/** What became of it: the request as read, or the code and words of its refusal. */
const outcomeOf = async (read: () => VerifiedCsr | Promise<VerifiedCsr>): Promise<unknown> => {
  try {
    return await read();
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    return { code: code === 'DER_MALFORMED' ? 'CSR_MALFORMED' : code, message };
  }
};

const expectSame = async (der: Buffer, maxNames = 100): Promise<void> => {
  const policy = { maxNames };
  // Taken for PEM; never for a plain request.
  if (der[0] !== 0x30) {
    expect(readPlainRequest(der, maxNames)).toBeUndefined();
    return;
  }
  expect(await outcomeOf(() => verifyCsr(der, policy))).toEqual(await outcomeOf(() => readThoroughly(der, policy)));
};

const attribute = fc.record({
  type: fc.constantFrom<NameAttribute>('CN', 'O', 'OU', 'C', 'serialNumber'),
  value: fc.oneof(fc.stringMatching(/^[A-Za-z0-9.-]{1,20}$/), fc.stringMatching(/^[ -~]{1,8}$/), fc.string()),
});
const uri = fc.oneof(
  fc.stringMatching(/^[a-z]{1,9}$/).map((name) => `spiffe://cluster.local/ns/shop/sa/${name}`),
  fc.stringMatching(/^[ -~]{0,30}$/).map((rest) => `spiffe://${rest}`),
);
const dnsName = fc.oneof(fc.domain(), fc.stringMatching(/^[A-Za-z0-9.*-]{1,20}$/));

const contents = fc.record({
  key: fc.constantFrom(0, 1, 2, 3, 0, 1, 2, 3, 4, 5),
  name: fc.array(attribute, { maxLength: 3 }),
  uris: fc.array(uri, { maxLength: 3 }),
  dnsNames: fc.array(dnsName, { maxLength: 3 }),
  critical: fc.boolean(),
  extensions: fc.constantFrom(0, 1, 1, 1, 2),
});

const nameOf = (attributes: readonly { type: NameAttribute; value: string }[]): Buffer => {
  try {
    return encodeName(attributes);
  } catch {
    // What our writer refuses, others write.
    const values = attributes.map(({ value }) => setOf(sequence(objectIdentifier('2.5.4.3'), utf8String(value))));
    return sequence(...values);
  }
};

const request = contents.map(({ key, name, uris, dnsNames, critical, extensions }) => {
  const names = [...uris.map((text) => [6, text] as const), ...dnsNames.map((text) => [2, text] as const)];
  const value = sequence(...names.map(([tag, text]) => contextPrimitive(tag, ia5(text))));
  const san = { ...subjectAltName({}, critical), value };
  return () =>
    forgeCsr(keys[key]!, { subjectName: nameOf(name), extensions: Array.from({ length: extensions }, () => san) });
});

const mutation = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  kind: fc.constantFrom('flip', 'set', 'drop', 'insert', 'cut', 'append'),
  byte: fc.integer({ min: 0, max: 255 }),
});

const mutate = (der: Buffer, { at, kind, byte }: { at: number; kind: string; byte: number }): Buffer => {
  const index = Math.floor(at * der.length);
  const [before, after] = [der.subarray(0, index), der.subarray(index + 1)];
  switch (kind) {
    case 'flip':
      return Buffer.concat([before, Buffer.from([der[index]! ^ (1 << (byte & 7))]), after]);
    case 'set':
      return Buffer.concat([before, Buffer.from([byte]), after]);
    case 'drop':
      return Buffer.concat([before, after]);
    case 'insert':
      return Buffer.concat([before, Buffer.from([byte]), der.subarray(index)]);
    case 'cut':
      return before;
    default:
      return Buffer.concat([der, Buffer.from([byte])]);
  }
};

describe('a request read by offsets', { timeout: full ? 600_000 : 60_000 }, () => {
  it('is what the thorough reader makes of it, or refused with the same words', () =>
    fc.assert(
      fc.asyncProperty(request, fc.constantFrom(1, 2, 100), async (make, maxNames) =>
        expectSame(await make(), maxNames),
      ),
      { numRuns: runs },
    ));

  it('also when it was changed on its way', () =>
    fc.assert(
      fc.asyncProperty(request, fc.array(mutation, { minLength: 1, maxLength: 3 }), async (make, mutations) =>
        expectSame(mutations.reduce(mutate, await make())),
      ),
      { numRuns: runs },
    ));

  it('at every byte of one that is plain', async () => {
    const spiffeId = 'spiffe://cluster.local/ns/shop/sa/cart';
    const extensions = [subjectAltName({ uris: [spiffeId], dnsNames: ['cart.example'] }, true)];
    const der = await forgeCsr(keys[0]!, { subjectName: encodeName([{ type: 'O', value: 'A b' }]), extensions });
    expect(readPlainRequest(der, 100)).toMatchObject({
      subject: 'O=A b',
      uris: [spiffeId],
      dnsNames: ['cart.example'],
    });
    for (let at = 0; at < der.length; at++) {
      for (const change of [0x01, 0x20, 0x80, 0xff]) {
        const changed = Buffer.from(der);
        changed[at]! ^= change;
        await expectSame(changed);
      }
    }
  });

  it('has one encoding for one key: OpenSSL takes no coordinate beyond the prime, and no point beside the curve', () => {
    const p = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;
    const b = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;
    const power = (base: bigint, exponent: bigint): bigint => {
      let result = 1n;
      for (let [square, rest] = [base % p, exponent]; rest > 0n; [square, rest] = [(square * square) % p, rest >> 1n]) {
        if (rest & 1n) result = (result * square) % p;
      }
      return result;
    };
    const octets = (value: bigint): Buffer => Buffer.from(value.toString(16).padStart(64, '0'), 'hex');
    const spki = (x: bigint, y: bigint): Buffer => Buffer.concat([p256SpkiPrefix, octets(x), octets(y)]);
    const outcome = (key: Buffer) => checkProof({ spki: key, info: Buffer.alloc(1), signature: Buffer.alloc(0) });
    let points = 0;
    for (let x = 0n; points < 5; x++) {
      const square = ((((x * x - 3n) * x + b) % p) + p) % p;
      const y = power(square, (p + 1n) >> 2n);
      if ((y * y) % p !== square) continue;
      points++;
      expect(outcome(spki(x, y))).toBe('bad-signature');
      expect(outcome(spki(x + p, y))).toBe('bad-key');
      expect(outcome(spki(x, y ^ 1n))).toBe('bad-key');
    }
    expect(spkiOf(createPublicKey(keys[0]!)).subarray(0, p256SpkiPrefix.length)).toEqual(p256SpkiPrefix);
  });
});
