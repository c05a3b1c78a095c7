import {
  boolean,
  context,
  contextPrimitive,
  integer,
  namedBits,
  nullValue,
  objectIdentifier,
  sequence,
  setOf,
  utf8String,
} from '../asn1/der-writer.js';
import { oid } from '../asn1/oid.js';
import { type Planted } from './planting.fixture.spec.js';

const [issuerName, validity] = [3, 4] as const;
const san = (...names: Buffer[]) => sequence(...names);
const uri = (text: string) => contextPrimitive(6, Buffer.from(text, 'latin1'));
const dns = (text: string) => contextPrimitive(2, Buffer.from(text, 'latin1'));
const points = (...names: Buffer[]) => sequence(sequence(context(0, context(0, ...names))));
const freshestCrl = '2.5.29.46';
const noRevAvail = '2.5.29.56';
const ocspUrl = sequence(objectIdentifier(oid.ocsp), uri('http://ca.example/ocsp'));
const attribute = (id: string, value: Buffer) => setOf(sequence(objectIdentifier(id), value));

export const plantedInNames: readonly Planted[] = [
  ['certificate.alt-names.empty', 'no name', 'workload', (_, e) => e.value(oid.subjectAltName, san())],
  ['certificate.alt-names.empty', 'an empty one', 'workload', (_, e) => e.value(oid.subjectAltName, san(dns('')))],
  [
    'certificate.alt-names.kinds',
    'a mail address',
    'server',
    (_, e) => e.value(oid.subjectAltName, san(contextPrimitive(1, Buffer.from('a@b.c')))),
  ],
  [
    'certificate.alt-names.kinds',
    'an otherName',
    'server',
    (_, e) =>
      e.value(
        oid.subjectAltName,
        san(context(0, objectIdentifier('1.3.6.1.5.5.7.8.9'), context(0, utf8String('a@b.c')))),
      ),
  ],
  [
    'certificate.alt-names.dns',
    'an underscore',
    'server',
    (_, e) => e.value(oid.subjectAltName, san(dns('a_b.example.com'))),
  ],
  [
    'certificate.alt-names.dns',
    'a dot at the end',
    'server',
    (_, e) => e.value(oid.subjectAltName, san(dns('example.com.'))),
  ],
  [
    'certificate.alt-names.dns',
    'a label of 64',
    'server',
    (_, e) => e.value(oid.subjectAltName, san(dns(`${'a'.repeat(64)}.com`))),
  ],
  [
    'certificate.alt-names.dns',
    'a reserved label',
    'server',
    (_, e) => e.value(oid.subjectAltName, san(dns('ab--cd.example.com'))),
  ],
  ['certificate.alt-names.uri', 'a relative one', 'server', (_, e) => e.value(oid.subjectAltName, san(uri('/a/b')))],
  [
    'certificate.alt-names.uri',
    'a half percent sign',
    'server',
    (_, e) => e.value(oid.subjectAltName, san(uri('http://a.example/%4'))),
  ],
  ['certificate.alt-names.uri', 'no host', 'server', (_, e) => e.value(oid.subjectAltName, san(uri('http://:80/')))],
  [
    'certificate.alt-names.ip',
    'five octets',
    'server',
    (_, e) => e.value(oid.subjectAltName, san(contextPrimitive(7, Buffer.alloc(5)))),
  ],
  [
    'certificate.crl-distribution-points',
    'https',
    'workload',
    (_, e) => e.value(oid.crlDistributionPoints, points(uri('https://ca.example/a.crl'))),
  ],
  [
    'certificate.crl-distribution-points',
    'no point',
    'workload',
    (_, e) => e.value(oid.crlDistributionPoints, sequence()),
  ],
  [
    'certificate.crl-distribution-points',
    'a point without a name',
    'workload',
    (_, e) => e.value(oid.crlDistributionPoints, sequence(sequence())),
  ],
  [
    'certificate.crl-distribution-points',
    'some reasons',
    'workload',
    (_, e) =>
      e.value(
        oid.crlDistributionPoints,
        sequence(sequence(context(0, context(0, uri('http://a/b'))), contextPrimitive(1, Buffer.from([6, 0x40])))),
      ),
  ],
  [
    'certificate.crl-distribution-points',
    'another issuer',
    'workload',
    (_, e) =>
      e.value(
        oid.crlDistributionPoints,
        sequence(sequence(context(0, context(0, uri('http://a/b'))), context(2, context(4, sequence())))),
      ),
  ],
  [
    'certificate.crl-distribution-points',
    'a relative name',
    'workload',
    (_, e) =>
      e.value(
        oid.crlDistributionPoints,
        sequence(sequence(context(0, context(1, sequence(objectIdentifier('2.5.4.3'), utf8String('a')))))),
      ),
  ],
  ['certificate.freshest-crl', 'ldap', 'workload', (_, e) => e.add(freshestCrl, points(uri('ldap://a/b')))],
  ['certificate.information-access', 'nothing', 'workload', (_, e) => e.value(oid.authorityInfoAccess, sequence())],
  [
    'certificate.information-access',
    'https',
    'workload',
    (_, e) => e.value(oid.authorityInfoAccess, sequence(sequence(objectIdentifier(oid.ocsp), uri('https://a/b')))),
  ],
  [
    'certificate.information-access',
    'another method',
    'workload',
    (_, e) => e.value(oid.authorityInfoAccess, sequence(sequence(objectIdentifier('1.2.3'), uri('http://a/b')))),
  ],
  [
    'certificate.name-constraints',
    'in a leaf',
    'workload',
    (_, e) => e.add(oid.nameConstraints, sequence(context(0, sequence(dns('a.b')))), true),
  ],
  ['certificate.name-constraints', 'none', 'issuer', (_, e) => e.value(oid.nameConstraints, sequence())],
  [
    'certificate.name-constraints',
    'an empty list',
    'issuer',
    (_, e) => e.value(oid.nameConstraints, sequence(context(0))),
  ],
  [
    'certificate.name-constraints',
    'a minimum',
    'issuer',
    (_, e) =>
      e.value(oid.nameConstraints, sequence(context(0, sequence(dns('a.b'), contextPrimitive(0, Buffer.from([0])))))),
  ],
  [
    'certificate.name-constraints',
    'a URI in place of a host',
    'issuer',
    (_, e) => e.value(oid.nameConstraints, sequence(context(0, sequence(uri('spiffe://cluster.local'))))),
  ],
  [
    'certificate.name-constraints',
    'a mask with a hole',
    'issuer',
    (_, e) =>
      e.value(
        oid.nameConstraints,
        sequence(context(1, sequence(contextPrimitive(7, Buffer.from('0a000000ff00ff00', 'hex'))))),
      ),
  ],
  [
    'certificate.name-constraints',
    'a domain with a dot in front',
    'issuer',
    (_, e) => e.value(oid.nameConstraints, sequence(context(1, sequence(dns('.example.com'))))),
  ],
  [
    'certificate.name-constraints',
    'a malformed mail domain',
    'issuer',
    (_, e) => e.value(oid.nameConstraints, sequence(context(1, sequence(contextPrimitive(1, Buffer.from('a@')))))),
  ],
  ['certificate.no-rev-avail', 'in a CA', 'issuer', (_, e) => e.add(noRevAvail, nullValue())],
  ['certificate.no-rev-avail', 'beside a CRL', 'workload', (_, e) => e.add(noRevAvail, nullValue())],
  [
    'certificate.no-rev-avail',
    'beside OCSP',
    'delegate',
    (_, e) => (e.add(noRevAvail, nullValue()), e.add(oid.authorityInfoAccess, sequence(ocspUrl))),
  ],
  ['certificate.no-rev-avail', 'that is not NULL', 'delegate', (_, e) => e.add(noRevAvail, sequence())],
  [
    'svid.one-uri',
    'two',
    'workload',
    (_, e) => e.value(oid.subjectAltName, san(uri('spiffe://cluster.local/a'), uri('spiffe://cluster.local/b'))),
  ],
  ...[
    'spiffe://user@cluster.local/a',
    'spiffe://cluster.local:80/a',
    'spiffe://cluster.local/a?b',
    'spiffe://cluster.local/a#b',
    'spiffe://cluster.local/a/',
    'spiffe://cluster.local/../a',
    'SPIFFE://cluster.local/a',
    'spiffe://Cluster.local/a',
    'spiffe://cluster.local/%41',
    'spiffe:cluster.local/a',
  ].map((id): Planted => ['svid.spiffe-id', id, 'workload', (_, e) => e.value(oid.subjectAltName, san(uri(id)))]),
  [
    'svid.spiffe-id',
    '2049 octets',
    'workload',
    (_, e) => e.value(oid.subjectAltName, san(uri(`spiffe://cluster.local/${'a'.repeat(2026)}`))),
  ],
  [
    'svid.path',
    'a leaf without',
    'workload',
    (_, e) => e.value(oid.subjectAltName, san(uri('spiffe://cluster.local'))),
  ],
  [
    'svid.path',
    'a CA with one',
    'intermediate',
    (_, e) => e.add(oid.subjectAltName, san(uri('spiffe://cluster.local/a'))),
  ],
  ['svid.key-usage', 'no digital signatures', 'workload', (_, e) => e.value(oid.keyUsage, namedBits([1]))],
  ['svid.key-usage', 'CRLs', 'workload', (_, e) => e.value(oid.keyUsage, namedBits([0, 6]))],
  [
    'svid.purposes',
    'a client only',
    'workload',
    (_, e) => e.value(oid.extendedKeyUsage, sequence(objectIdentifier(oid.clientAuth))),
  ],
  [
    'issuer.name',
    'another',
    'workload',
    (t) => t.at(issuerName).become(sequence(attribute('2.5.4.3', utf8String('Somebody')))),
  ],
  [
    'issuer.key-id',
    'another',
    'workload',
    (_, e) => e.value(oid.authorityKeyIdentifier, sequence(contextPrimitive(0, Buffer.alloc(20)))),
  ],
  [
    'issuer.path-length',
    'one too many',
    'intermediate',
    (t, e) => (t.at(issuerName).become(sequence()), e.value(oid.basicConstraints, sequence(boolean(true), integer(1)))),
  ],
  ['issuer.validity', 'after its end', 'workload', (t) => (t.at(validity, 1).content = Buffer.from('271122000000Z'))],
  [
    'issuer.name-constraints',
    'another trust domain',
    'workload',
    (_, e) => e.value(oid.subjectAltName, san(uri('spiffe://evil.org/a'))),
  ],
  [
    'issuer.name-constraints',
    'an address',
    'workload',
    (_, e) =>
      e.value(
        oid.subjectAltName,
        san(uri('spiffe://cluster.local/a'), contextPrimitive(7, Buffer.from([10, 0, 0, 1]))),
      ),
  ],
  [
    'issuer.name-constraints',
    'a host',
    'workload',
    (_, e) => e.value(oid.subjectAltName, san(uri('spiffe://cluster.local/a'), dns('example.com'))),
  ],
];
