import {
  boolean,
  context,
  contextPrimitive,
  integer,
  namedBits,
  nullValue,
  objectIdentifier,
  octetString,
  sequence,
  tlv,
} from '../asn1/der-writer.js';
import { oid } from '../asn1/oid.js';
import { type Planted } from './planting.fixture.spec.js';

const uri = (text: string) => contextPrimitive(6, Buffer.from(text, 'latin1'));
const points = (...names: Buffer[]) => sequence(sequence(context(0, context(0, ...names))));
const freshestCrl = '2.5.29.46';
const noRevAvail = '2.5.29.56';

export const plantedInExtensions: readonly Planted[] = [
  [
    'certificate.criticality.authorityKeyIdentifier',
    'critical',
    'workload',
    (_, e) => e.critical(oid.authorityKeyIdentifier, true),
  ],
  [
    'certificate.criticality.subjectKeyIdentifier',
    'critical',
    'workload',
    (_, e) => e.critical(oid.subjectKeyIdentifier, true),
  ],
  ['certificate.criticality.keyUsage', 'not critical', 'workload', (_, e) => e.critical(oid.keyUsage, false)],
  [
    'certificate.criticality.nameConstraints',
    'not critical',
    'issuer',
    (_, e) => e.critical(oid.nameConstraints, false),
  ],
  [
    'certificate.criticality.crlDistributionPoints',
    'critical',
    'workload',
    (_, e) => e.critical(oid.crlDistributionPoints, true),
  ],
  [
    'certificate.criticality.freshestCrl',
    'critical',
    'workload',
    (_, e) => e.add(freshestCrl, points(uri('http://a/b')), true),
  ],
  [
    'certificate.criticality.authorityInfoAccess',
    'critical',
    'workload',
    (_, e) => e.critical(oid.authorityInfoAccess, true),
  ],
  ['certificate.criticality.ocspNoCheck', 'critical', 'delegate', (_, e) => e.critical(oid.ocspNoCheck, true)],
  ['certificate.criticality.noRevAvail', 'critical', 'delegate', (_, e) => e.add(noRevAvail, nullValue(), true)],
  [
    'certificate.basic-constraints.ca',
    'a leaf that signs certificates',
    'workload',
    (_, e) => e.value(oid.keyUsage, namedBits([0, 5])),
  ],
  [
    'certificate.basic-constraints.ca',
    'a CA, not critical',
    'issuer',
    (_, e) => e.critical(oid.basicConstraints, false),
  ],
  [
    'certificate.basic-constraints.path-length',
    'a leaf with one',
    'workload',
    (_, e) => e.value(oid.basicConstraints, sequence(integer(0))),
  ],
  [
    'certificate.basic-constraints.path-length',
    'a negative one',
    'issuer',
    (_, e) => e.value(oid.basicConstraints, sequence(boolean(true), tlv(2, Buffer.from([0xff])))),
  ],
  ['certificate.key-usage.ca', 'a CA that signs nothing', 'issuer', (_, e) => e.remove(oid.keyUsage)],
  ['certificate.key-usage.bits', 'none', 'workload', (_, e) => e.value(oid.keyUsage, namedBits([]))],
  [
    'certificate.key-usage.bits',
    'zeros at the end',
    'workload',
    (_, e) => e.value(oid.keyUsage, Buffer.from('03020080', 'hex')),
  ],
  ['certificate.key-usage.bits', 'bit 9', 'workload', (_, e) => e.value(oid.keyUsage, namedBits([0, 9]))],
  [
    'certificate.key-usage.cipher-only',
    'without agreement',
    'workload',
    (_, e) => e.value(oid.keyUsage, namedBits([0, 8])),
  ],
  [
    'certificate.key-usage.of-key',
    'encipherment with EC',
    'workload',
    (_, e) => e.value(oid.keyUsage, namedBits([0, 2])),
  ],
  ['certificate.key-usage.of-key', 'agreement with RSA', 'rsa', (_, e) => e.value(oid.keyUsage, namedBits([0, 4]))],
  ['certificate.extended-key-usage', 'no purpose', 'workload', (_, e) => e.value(oid.extendedKeyUsage, sequence())],
  [
    'certificate.extended-key-usage',
    'one twice',
    'workload',
    (_, e) => e.value(oid.extendedKeyUsage, sequence(...[1, 2, 3].map(() => objectIdentifier(oid.serverAuth)))),
  ],
  [
    'certificate.extended-key-usage',
    'any, critical',
    'workload',
    (_, e) => (
      e.value(oid.extendedKeyUsage, sequence(objectIdentifier('2.5.29.37.0'))),
      e.critical(oid.extendedKeyUsage, true)
    ),
  ],
  [
    'certificate.ocsp-delegate',
    'other purposes',
    'delegate',
    (_, e) =>
      e.value(oid.extendedKeyUsage, sequence(objectIdentifier(oid.ocspSigning), objectIdentifier(oid.serverAuth))),
  ],
  ['certificate.ocsp-delegate', 'no digital signatures', 'delegate', (_, e) => e.remove(oid.keyUsage)],
  ['certificate.ocsp-delegate', 'neither nocheck nor where to ask', 'delegate', (_, e) => e.remove(oid.ocspNoCheck)],
  ['certificate.ocsp-no-check', 'in a leaf', 'workload', (_, e) => e.add(oid.ocspNoCheck, nullValue())],
  ['certificate.ocsp-no-check', 'that is not NULL', 'delegate', (_, e) => e.value(oid.ocspNoCheck, sequence())],
  ['certificate.authority-key-id', 'none', 'workload', (_, e) => e.remove(oid.authorityKeyIdentifier)],
  [
    'certificate.authority-key-id',
    'no key identifier',
    'workload',
    (_, e) => e.value(oid.authorityKeyIdentifier, sequence()),
  ],
  [
    'certificate.authority-key-id',
    'a serial without an issuer',
    'workload',
    (_, e) =>
      e.value(
        oid.authorityKeyIdentifier,
        sequence(contextPrimitive(0, Buffer.alloc(20)), contextPrimitive(2, Buffer.from([1]))),
      ),
  ],
  ['certificate.subject-key-id.ca', 'a CA without', 'issuer', (_, e) => e.remove(oid.subjectKeyIdentifier)],
  [
    'certificate.subject-key-id.ca',
    'an empty one',
    'workload',
    (_, e) => e.value(oid.subjectKeyIdentifier, octetString(Buffer.alloc(0))),
  ],
  ['certificate.subject-key-id.leaf', 'a leaf without', 'workload', (_, e) => e.remove(oid.subjectKeyIdentifier)],
];
