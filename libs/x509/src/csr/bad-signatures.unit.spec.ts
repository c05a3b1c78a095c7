import { constants, createHash, generateKeyPairSync, type KeyObject, privateEncrypt, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { bitString, integer, nullValue, objectIdentifier, octetString, sequence, tlv } from '../asn1/der-writer.js';
import { oid } from '../asn1/oid.js';
import { buildTbsCsr } from './create-csr.js';
import { verifyCsr } from './verify-csr.js';

// Signatures and keys that verifiers elsewhere have let pass; each case has its name.

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ec384 = generateKeyPairSync('ec', { namedCurve: 'P-384' });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ed = generateKeyPairSync('ed25519');
const spki = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' });

const ecdsaSha256 = sequence(objectIdentifier(oid.ecdsaWithSha256));
const rsaSha256 = sequence(objectIdentifier(oid.sha256WithRsa), nullValue());
const ed25519 = sequence(objectIdentifier(oid.ed25519));

const csr = (info: Buffer, identifier: Buffer, signature: Buffer, unusedBits = 0): Buffer =>
  sequence(info, identifier, bitString(signature, unusedBits));
const infoOf = (key: Buffer): Buffer => buildTbsCsr(sequence(), key, []);

const refused = (request: Buffer) =>
  expect(verifyCsr(request)).rejects.toMatchObject({
    code: expect.stringMatching(
      /^CSR_(?:BAD_SIGNATURE|MALFORMED|UNSUPPORTED_SIGNATURE|UNSUPPORTED_KEY|WEAK_KEY|WEAK_SIGNATURE)$/,
    ),
  });

const n256 = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const p256 = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;

const digestOf = (hash: string, bytes: Buffer): Buffer => createHash(hash).update(bytes).digest();

/** INTEGER of any sign, not necessarily minimal. */
const raw = (hex: string): Buffer => tlv(0x02, Buffer.from(hex, 'hex'));

describe('ECDSA signatures', () => {
  const info = infoOf(spki(ec.publicKey));
  const good = sign('sha256', info, ec.privateKey);
  const fixed = sign('sha256', info, { key: ec.privateKey, dsaEncoding: 'ieee-p1363' });
  const r = BigInt(`0x${fixed.toString('hex', 0, 32)}`);
  const s = BigInt(`0x${fixed.toString('hex', 32)}`);
  const hex = (value: bigint): string => `00${value.toString(16).padStart(64, '0')}`;
  const pair = (...numbers: (number | bigint)[]): Buffer => sequence(...numbers.map((number) => integer(number)));

  it('are accepted as they should be', () => expect(verifyCsr(csr(info, ecdsaSha256, good))).resolves.toBeDefined());

  it.each<[string, () => Buffer]>([
    ['r and s of zero', () => pair(0, 0)],
    ['r of zero', () => pair(0, s)],
    ['s of zero', () => pair(r, 0)],
    ['r and s of one', () => pair(1, 1)],
    ['r = n', () => pair(n256, s)],
    ['s = n', () => pair(r, n256)],
    ['r and s = n', () => pair(n256, n256)],
    ['r + n', () => pair(r + n256, s)],
    ['s + n', () => pair(r, s + n256)],
    ['r = n − 1, s = n − 1', () => pair(n256 - 1n, n256 - 1n)],
    ['r = p', () => pair(p256, s)],
    ['r = p, s = 1', () => pair(p256, 1)],
    ['r and s exchanged', () => pair(s, r)],
    ['r of 2^256 and more', () => pair(r + (1n << 256n), s)],
    ['r of a thousand bits', () => pair(r + (1n << 1000n), s)],
    ['a negative r', () => sequence(raw(`ff${(2n ** 256n - r).toString(16).padStart(64, '0')}`), integer(s))],
    ['r with two zeros in front', () => sequence(raw(`0000${hex(r)}`), integer(s))],
    ['s with a zero in front too many', () => sequence(integer(r), raw(`00${hex(s)}`))],
    ['an empty r', () => sequence(raw(''), integer(s))],
    ['an r that is no INTEGER', () => sequence(octetString(Buffer.from(hex(r), 'hex')), integer(s))],
    ['r alone', () => pair(r)],
    ['three numbers', () => pair(r, s, 1)],
    ['nothing', () => Buffer.alloc(0)],
    ['an empty SEQUENCE', () => sequence()],
    ['NULL', () => nullValue()],
    ['a SET in place of the SEQUENCE', () => tlv(0x31, integer(r), integer(s))],
    ['bytes behind', () => Buffer.concat([good, Buffer.from([0])])],
    ['bytes inside, behind s', () => sequence(integer(r), integer(s), nullValue())],
    ['a long form of the length', () => Buffer.concat([Buffer.from([0x30, 0x81, good[1]!]), good.subarray(2)])],
    ['an indefinite length', () => Buffer.concat([Buffer.from([0x30, 0x80]), good.subarray(2), Buffer.alloc(2)])],
    ['a length one short', () => Buffer.concat([Buffer.from([0x30, good[1]! - 1]), good.subarray(2)])],
    ['a length one long', () => Buffer.concat([Buffer.from([0x30, good[1]! + 1]), good.subarray(2)])],
    ['its last octet cut off', () => good.subarray(0, -1)],
    ['the fixed form of IEEE P1363', () => fixed],
    ['a real number for r', () => sequence(Buffer.from('090380fe01', 'hex'), integer(s))],
    ['another hash', () => sign('sha512', info, ec.privateKey)],
    [
      'another key of the same curve',
      () => sign('sha256', info, generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey),
    ],
    ['a signature of other bytes', () => sign('sha256', Buffer.from('other'), ec.privateKey)],
  ])('are refused with %s', (_, signature) => refused(csr(info, ecdsaSha256, signature())));

  // (r, n − s) verifies too: X.509 does not ask for the lower half, and nothing here rests on a signature's bytes.
  it('are accepted in their other form, as everywhere in X.509', () =>
    expect(verifyCsr(csr(info, ecdsaSha256, pair(r, n256 - s)))).resolves.toBeDefined());

  it.each<[string, Buffer]>([
    ['SHA-384 named, SHA-256 made', sequence(objectIdentifier(oid.ecdsaWithSha384))],
    ['SHA-1 named', sequence(objectIdentifier(oid.ecdsaWithSha1))],
    ['NULL parameters', sequence(objectIdentifier(oid.ecdsaWithSha256), nullValue())],
    ['RSA named', rsaSha256],
    ['Ed25519 named', ed25519],
    ['no algorithm', sequence(objectIdentifier('1.2.840.10045.2.1'))],
  ])('are refused with %s', (_, identifier) => refused(csr(info, identifier, good)));

  it('are refused in a BIT STRING that is not of whole octets', () => refused(csr(info, ecdsaSha256, good, 1)));
  it('are refused by a key of another curve', () =>
    refused(csr(infoOf(spki(ec384.publicKey)), ecdsaSha256, sign('sha256', info, ec.privateKey))));
});

describe('EC keys', () => {
  const point = spki(ec.publicKey).subarray(-64);
  const [x, y] = [point.subarray(0, 32), point.subarray(32)];
  const p256Key = (bits: Buffer, ...parameters: Buffer[]): Buffer =>
    sequence(
      sequence(
        objectIdentifier(oid.ecPublicKey),
        ...(parameters.length > 0 ? parameters : [objectIdentifier(oid.p256)]),
      ),
      bitString(bits),
    );
  const uncompressed = Buffer.concat([Buffer.from([4]), point]);
  const off = Buffer.from(uncompressed);
  off[64]! ^= 1;
  const field = sequence(objectIdentifier('1.2.840.10045.1.1'), integer(p256));
  const explicit = sequence(
    integer(1),
    field,
    sequence(octetString(x), octetString(y)),
    octetString(uncompressed),
    integer(n256),
  );

  it.each<[string, Buffer]>([
    ['a point beside the curve', p256Key(off)],
    ['the point at infinity', p256Key(Buffer.from([0]))],
    ['the point at infinity in 65 octets', p256Key(Buffer.alloc(65))],
    ['(0, 0)', p256Key(Buffer.concat([Buffer.from([4]), Buffer.alloc(64)]))],
    ['a compressed point', p256Key(Buffer.concat([Buffer.from([2 + (y[31]! & 1)]), x]))],
    ['a hybrid point', p256Key(Buffer.concat([Buffer.from([6 + (y[31]! & 1)]), point]))],
    ['x = p', p256Key(Buffer.concat([Buffer.from([4]), Buffer.from(p256.toString(16), 'hex'), y]))],
    ['x + p, one octet longer', p256Key(Buffer.concat([Buffer.from([4, 1]), x, y]))],
    ['an octet behind the point', p256Key(Buffer.concat([uncompressed, Buffer.alloc(1)]))],
    ['half a point', p256Key(uncompressed.subarray(0, 33))],
    ['explicit curve parameters', p256Key(uncompressed, explicit)],
    ['NULL in place of the curve', p256Key(uncompressed, nullValue())],
    ['two curves', p256Key(uncompressed, objectIdentifier(oid.p256), objectIdentifier(oid.p256))],
    ['the name of another curve', p256Key(uncompressed, objectIdentifier(oid.p384))],
    ['secp256k1', p256Key(uncompressed, objectIdentifier('1.3.132.0.10'))],
  ])('are refused with %s', (_, key) => {
    const info = infoOf(key);
    return refused(csr(info, ecdsaSha256, sign('sha256', info, ec.privateKey)));
  });
});

describe('RSA signatures', () => {
  const info = infoOf(spki(rsa.publicKey));
  const good = sign('sha256', info, rsa.privateKey);
  const digest = (hash: string, id: string, ...parameters: Buffer[]): Buffer => {
    const value = digestOf(hash, info);
    return sequence(sequence(objectIdentifier(id), ...parameters), octetString(value));
  };
  const size = 256;
  /** Encrypts a block as it stands: 00 01 ff … 00 and what is signed, or whatever. */
  const block = (bytes: Buffer): Buffer =>
    privateEncrypt({ key: rsa.privateKey, padding: constants.RSA_NO_PADDING }, bytes);
  const padded = (content: Buffer, fill = 0xff, behind = Buffer.alloc(0)): Buffer => {
    const length = size - 3 - content.length - behind.length;
    return Buffer.concat([Buffer.from([0, 1]), Buffer.alloc(length, fill), Buffer.from([0]), content, behind]);
  };
  const info256 = digest('sha256', oid.sha256, nullValue());
  const short = Buffer.concat([Buffer.from([0, 1]), Buffer.alloc(8, 0xff), Buffer.from([0]), info256]);

  it('are accepted as they should be, whatever makes the block', async () => {
    await expect(verifyCsr(csr(info, rsaSha256, good))).resolves.toBeDefined();
    await expect(verifyCsr(csr(info, rsaSha256, block(padded(info256))))).resolves.toBeDefined();
  });

  it.each<[string, () => Buffer]>([
    [
      'too little padding and garbage behind (Bleichenbacher 2006)',
      () => block(Buffer.concat([short, Buffer.alloc(size - short.length, 0xab)])),
    ],
    ['garbage behind the digest', () => block(padded(info256, 0xff, Buffer.alloc(20, 0xab)))],
    [
      'garbage in the parameters (Kühn 2008)',
      () => block(padded(digest('sha256', oid.sha256, octetString(Buffer.alloc(32, 0xab))))),
    ],
    ['padding of other octets', () => block(padded(info256, 0xfe))],
    [
      'padding of type 2',
      () => {
        const bytes = padded(info256);
        bytes[1] = 2;
        return block(bytes);
      },
    ],
    [
      'no zero behind the padding',
      () => {
        const bytes = padded(info256);
        bytes[size - info256.length - 1] = 0xff;
        return block(bytes);
      },
    ],
    [
      'no leading zero',
      () => {
        const bytes = padded(info256).subarray(1);
        return block(Buffer.concat([bytes, Buffer.alloc(1)]));
      },
    ],
    ['the bare digest', () => block(padded(digestOf('sha256', info)))],
    ['the digest of another hash', () => block(padded(digest('sha512', oid.sha256, nullValue())))],
    ['another hash than is named', () => block(padded(digest('sha512', '2.16.840.1.101.3.4.2.3', nullValue())))],
    ['SHA-1', () => sign('sha1', info, rsa.privateKey)],
    ['a long form of a length', () => block(padded(Buffer.concat([Buffer.from([0x30, 0x81]), info256.subarray(1)])))],
    ['PSS', () => sign('sha256', info, { key: rsa.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING })],
    ['zero', () => Buffer.alloc(size)],
    ['one', () => Buffer.concat([Buffer.alloc(size - 1), Buffer.from([1])])],
    ['nothing', () => Buffer.alloc(0)],
    ['an octet in front', () => Buffer.concat([Buffer.alloc(1), good])],
    ['an octet behind', () => Buffer.concat([good, Buffer.alloc(1)])],
    ['its last octet cut off', () => good.subarray(0, -1)],
    [
      'the signature plus the modulus',
      () => {
        const modulus = BigInt(
          `0x${Buffer.from(rsa.publicKey.export({ format: 'jwk' }).n!, 'base64url').toString('hex')}`,
        );
        const sum = (BigInt(`0x${good.toString('hex')}`) + modulus).toString(16);
        return Buffer.from(sum.length % 2 ? `0${sum}` : sum, 'hex');
      },
    ],
  ])('are refused with %s', (_, signature) => refused(csr(info, rsaSha256, signature())));

  it.each<[string, bigint]>([
    ['three', 3n],
    ['one', 1n],
    ['zero', 0n],
    ['an even number', 65_538n],
  ])('are refused with an exponent of %s', (_, exponent) => {
    const numbers = rsa.publicKey.export({ format: 'jwk' });
    const modulus = BigInt(`0x${Buffer.from(numbers.n!, 'base64url').toString('hex')}`);
    const key = sequence(
      sequence(objectIdentifier(oid.rsaEncryption), nullValue()),
      bitString(sequence(integer(modulus), integer(exponent))),
    );
    return refused(csr(infoOf(key), rsaSha256, good));
  });
});

describe('Ed25519 signatures', () => {
  const info = infoOf(spki(ed.publicKey));
  const good = sign(null, info, ed.privateKey);
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  const little = (value: bigint): Buffer => Buffer.from(value.toString(16).padStart(64, '0'), 'hex').reverse();
  const scalar = BigInt(`0x${Buffer.from(good.subarray(32)).reverse().toString('hex')}`);
  const [r] = [good.subarray(0, 32)];

  it('are accepted as they should be', () => expect(verifyCsr(csr(info, ed25519, good))).resolves.toBeDefined());

  it.each<[string, () => Buffer]>([
    ['S + L (malleability, RFC 8032, section 8.4)', () => Buffer.concat([r, little(scalar + order)])],
    ['S = L', () => Buffer.concat([r, little(order)])],
    ['S of zero', () => Buffer.concat([r, Buffer.alloc(32)])],
    ['all zeros', () => Buffer.alloc(64)],
    ['all ones', () => Buffer.alloc(64, 0xff)],
    ['R of small order, S of zero', () => Buffer.concat([Buffer.from([1]), Buffer.alloc(63)])],
    [
      'R with its sign changed',
      () => {
        const bytes = Buffer.from(good);
        bytes[31]! ^= 0x80;
        return bytes;
      },
    ],
    [
      'a bit of S too high',
      () => {
        const bytes = Buffer.from(good);
        bytes[63]! |= 0x20;
        return bytes;
      },
    ],
    ['63 octets', () => good.subarray(0, 63)],
    ['65 octets', () => Buffer.concat([good, Buffer.alloc(1)])],
    ['nothing', () => Buffer.alloc(0)],
    ['R alone, twice', () => Buffer.concat([r, r])],
  ])('are refused with %s', (_, signature) => refused(csr(info, ed25519, signature())));

  it('are refused with NULL parameters', () =>
    refused(csr(info, sequence(objectIdentifier(oid.ed25519), nullValue()), good)));

  // With A of small order, R = A's multiples and S = 0 verify for anybody: nobody holds such a key.
  it.each<[string, string]>([
    ['the neutral element', `01${'00'.repeat(31)}`],
    ['a point of order 2', `ec${'ff'.repeat(30)}7f`],
    ['a point of order 4', '00'.repeat(32)],
    ['a point of order 8', '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'],
    ['another point of order 8', 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'],
    ['the neutral element, not canonical', `ee${'ff'.repeat(30)}7f`],
    ['a y that is no point', `02${'00'.repeat(31)}`],
  ])('are refused by a key that is %s', (_, point) => {
    const info25519 = infoOf(sequence(sequence(objectIdentifier(oid.ed25519)), bitString(Buffer.from(point, 'hex'))));
    const anyR = Buffer.concat([Buffer.from([1]), Buffer.alloc(63)]);
    const code = point.startsWith('02') ? /^CSR_(?:WEAK_KEY|BAD_SIGNATURE)$/ : /^CSR_WEAK_KEY$/;
    return expect(verifyCsr(csr(info25519, ed25519, anyR))).rejects.toMatchObject({
      code: expect.stringMatching(code),
    });
  });
});
