import { generateKeyPairSync } from 'node:crypto';
import {
  bitString,
  boolean,
  context,
  contextPrimitive,
  integer,
  nullValue,
  objectIdentifier,
  sequence,
  setOf,
  tlv,
  utf8String,
} from '../asn1/der-writer.js';
import { oid } from '../asn1/oid.js';
import { DerTree } from '../testing/der-tree.js';
import { type Planted } from './planting.fixture.spec.js';

const [version, serial, algorithm, issuerName, validity, subject, key, wrapped] = [0, 1, 2, 3, 4, 5, 6, 7] as const;
const flipped = (bytes: Buffer, place: number) => {
  const copy = Buffer.from(bytes);
  copy[place < 0 ? copy.length + place : place]! ^= 1;
  return copy;
};
const keyBits = (tbs: DerTree, bits: Buffer) => tbs.at(key, 1).become(bitString(bits));
const rsa = (modulus: bigint, exponent: bigint) => (tbs: DerTree) =>
  keyBits(tbs, sequence(integer(modulus), integer(exponent)));
const modulusOf = (tbs: DerTree): bigint => {
  const numbers = DerTree.parse(tbs.at(key, 1).content.subarray(1));
  return BigInt(`0x${numbers.at(0).content.toString('hex')}`);
};
// A power of 65537 modulo each of the primes that the fingerprint is made of, and of 2048 bits.
const roca = (): bigint => {
  const primes = [11n, 13n, 17n, 19n, 37n, 53n, 61n, 71n, 73n, 79n, 97n, 103n, 107n, 109n, 127n, 151n, 157n];
  const product = 2n * primes.reduce((a, b) => a * b);
  return ((1n << 2048n) / product - 1n) * product + 65_537n ** 3n;
};
const attribute = (id: string, value: Buffer) => setOf(sequence(objectIdentifier(id), value));

// Of nobody here.
const foreignKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'der' });

export const plantedInStructure: readonly Planted[] = [
  [
    'certificate.der',
    'a SET OF out of order',
    'workload',
    (t) =>
      t
        .at(subject, 0)
        .become(
          setOf(
            sequence(objectIdentifier('2.5.4.10'), utf8String('zz')),
            sequence(objectIdentifier('2.5.4.10'), utf8String('a')),
          ),
        ),
  ],
  ['certificate.der', 'a BOOLEAN of 01', 'workload', (_, e) => (e.find(oid.keyUsage).at(1).content = Buffer.from([1]))],
  [
    'certificate.der',
    'a padded serial number',
    'workload',
    (t) => (t.at(serial).content = Buffer.from('00017f'.repeat(4), 'hex')),
  ],
  [
    'certificate.der',
    'an extension that holds more than its value',
    'workload',
    (_, e) => e.value(oid.basicConstraints, Buffer.from('30003000', 'hex')),
  ],
  [
    'certificate.der',
    'an element that is no DER at all',
    'workload',
    (t) => t.at(subject).become(Buffer.from('310430020500', 'hex')),
  ],
  [
    'certificate.der.defaults',
    'critical FALSE',
    'workload',
    (_, e) => e.find(oid.extendedKeyUsage).children!.splice(1, 0, DerTree.parse(boolean(false))),
  ],
  [
    'certificate.der.defaults',
    'cA FALSE',
    'workload',
    (_, e) => e.value(oid.basicConstraints, sequence(boolean(false))),
  ],
  ['certificate.version', 'version 2', 'workload', (t) => (t.at(version, 0).content = Buffer.from([1]))],
  ['certificate.version', 'no version', 'workload', (t) => t.children!.shift()],
  ['certificate.serial.positive', 'a negative one', 'workload', (t) => (t.at(serial).content = Buffer.alloc(17, 0x81))],
  ['certificate.serial.positive', 'zero', 'workload', (t) => (t.at(serial).content = Buffer.alloc(1))],
  ['certificate.serial.length', '21 octets', 'workload', (t) => (t.at(serial).content = Buffer.alloc(21, 1))],
  ['certificate.serial.entropy', 'one octet', 'workload', (t) => (t.at(serial).content = Buffer.from([5]))],
  [
    'certificate.signature-algorithm',
    'another hash',
    'workload',
    (t) => t.at(algorithm).become(sequence(objectIdentifier(oid.ecdsaWithSha384))),
  ],
  [
    'certificate.signature-algorithm',
    'NULL parameters',
    'workload',
    (t) => t.at(algorithm).become(sequence(objectIdentifier(oid.ecdsaWithSha256), nullValue())),
  ],
  [
    'certificate.validity.encoding',
    'GeneralizedTime before 2050',
    'workload',
    (t) => t.at(validity, 0).become(tlv(0x18, Buffer.from('20261122000000Z'))),
  ],
  [
    'certificate.validity.encoding',
    'no seconds',
    'workload',
    (t) => (t.at(validity, 1).content = Buffer.from('2611230000Z')),
  ],
  [
    'certificate.validity.encoding',
    'an offset',
    'workload',
    (t) => (t.at(validity, 1).content = Buffer.from('261123000000+0100')),
  ],
  [
    'certificate.validity.encoding',
    'the 30th of February',
    'workload',
    (t) => (t.at(validity, 0).content = Buffer.from('260230000000Z')),
  ],
  ['certificate.validity.order', 'an end before the beginning', 'workload', (t) => t.at(validity).children!.reverse()],
  [
    'certificate.unique-ids',
    'a subject unique id',
    'workload',
    (t) => t.children!.splice(wrapped, 0, DerTree.parse(contextPrimitive(2, Buffer.from([0, 1])))),
  ],
  ['certificate.self-signed', 'another key', 'root', (t) => t.at(key).become(foreignKey)],
  ['certificate.issuer.present', 'no issuer', 'workload', (t) => t.at(issuerName).become(sequence())],
  ['certificate.name.strings', 'a TeletexString', 'workload', (t) => (t.at(subject, 0, 0, 1).tag = 0x14)],
  [
    'certificate.name.strings',
    'a country in UTF-8',
    'workload',
    (t) => t.at(subject).become(sequence(attribute('2.5.4.6', utf8String('DE')))),
  ],
  [
    'certificate.name.lengths',
    '65 characters',
    'workload',
    (t) => (t.at(subject, 0, 0, 1).content = Buffer.alloc(65, 0x61)),
  ],
  ['certificate.name.lengths', 'an empty value', 'workload', (t) => (t.at(subject, 0, 0, 1).content = Buffer.alloc(0))],
  [
    'certificate.name.lengths',
    'a relative name of nothing',
    'workload',
    (t) => t.at(subject).become(sequence(setOf())),
  ],
  ['certificate.subject.ca', 'a CA without a name', 'issuer', (t) => t.at(subject).become(sequence())],
  [
    'certificate.subject.empty',
    'an empty subject, the names not critical',
    'workload',
    (t) => t.at(subject).become(sequence()),
  ],
  [
    'certificate.key.algorithm',
    'another curve',
    'workload',
    (t) => t.at(key, 0, 1).become(objectIdentifier('1.3.132.0.35')),
  ],
  ['certificate.key.algorithm', 'RSA without NULL', 'rsa', (t) => t.at(key, 0).children!.pop()],
  [
    'certificate.key.length',
    'a compressed point',
    'workload',
    (t) => keyBits(t, Buffer.concat([Buffer.from([2]), t.at(key, 1).content.subarray(2, 34)])),
  ],
  [
    'certificate.key.length',
    'an Ed25519 key that is too short',
    'workload',
    (t) => t.at(key).become(sequence(sequence(objectIdentifier(oid.ed25519)), bitString(Buffer.alloc(31)))),
  ],
  [
    'certificate.key.point',
    'a point beside the curve',
    'workload',
    (t) => (t.at(key, 1).content = flipped(t.at(key, 1).content, -1)),
  ],
  [
    'certificate.key.point',
    'a hybrid point',
    'workload',
    (t) => (t.at(key, 1).content = Buffer.concat([Buffer.from([0, 6]), t.at(key, 1).content.subarray(2)])),
  ],
  [
    'certificate.key.point',
    'a coordinate above the prime',
    'workload',
    (t) => keyBits(t, Buffer.concat([Buffer.from([4]), Buffer.alloc(64, 0xff)])),
  ],
  ['certificate.key.rsa-modulus', '2047 bits', 'rsa', (t) => rsa((modulusOf(t) >> 1n) | 1n, 65_537n)(t)],
  ['certificate.key.rsa-modulus', 'an even one', 'rsa', (t) => rsa(modulusOf(t) + 1n, 65_537n)(t)],
  ['certificate.key.rsa-modulus', 'no RSA key', 'rsa', (t) => keyBits(t, sequence(integer(5)))],
  ['certificate.key.rsa-exponent', 'three', 'rsa', (t) => rsa(modulusOf(t), 3n)(t)],
  ['certificate.key.rsa-exponent', 'an even one', 'rsa', (t) => rsa(modulusOf(t), 65_538n)(t)],
  ['certificate.key.rsa-roca', 'the fingerprint', 'rsa', (t) => rsa(roca(), 65_537n)(t)],
  ['certificate.extensions.empty', 'an empty list', 'root', (t) => t.at(wrapped).become(context(3, sequence()))],
  [
    'certificate.extensions.unique',
    'twice the same',
    'workload',
    (_, e) => e.add(oid.basicConstraints, sequence(), true),
  ],
  [
    'certificate.extensions.unknown-critical',
    'one that nobody knows',
    'workload',
    (_, e) => e.add('1.2.3.4', nullValue(), true),
  ],
  ['certificate.extensions.unknown', 'one that is not ours', 'workload', (_, e) => e.add('1.2.3.4', nullValue())],
];
