import { createPublicKey, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { derToPem } from '../asn1/pem.js';
import { contextPrimitive, nullValue, objectIdentifier, sequence, setOf, tlv, utf8String } from '../asn1/der-writer.js';
import { oid } from '../asn1/oid.js';
import { basicConstraints, keyUsage, subjectAltName } from '../certificate/encode-extension.js';
import { encodeExtensions, type Extension } from '../certificate/extension.js';
import { CsrError } from '../errors.js';
import { generatePrivateKey } from '../signer/private-key.js';
import { spkiOf } from '../signer/public-key.js';
import { extensionRequest, forgeCsr } from '../testing/forge-csr.js';
import { createCsr } from './create-csr.js';
import { verifyCsr } from './verify-csr.js';

let key: KeyObject;
let der: Buffer;
let pem: string;

beforeAll(async () => {
  key = await generatePrivateKey('ecdsa-p256');
  der = await createCsr(key, {
    uris: ['spiffe://cluster.local/ns/a/sa/b'],
    dnsNames: ['a.example'],
    ipAddresses: ['10.0.0.1'],
  });
  pem = derToPem(der, 'CERTIFICATE REQUEST');
});

const refusedWith = (csr: string | Buffer, code: CsrError['code']) =>
  expect(verifyCsr(csr)).rejects.toMatchObject({ code, name: 'CsrError' });

const uri = 'spiffe://cluster.local/a';
const san = (...names: Buffer[]): Extension => ({
  oid: oid.subjectAltName,
  critical: false,
  value: sequence(...names),
});
const dns = (name: string) => san(contextPrimitive(2, Buffer.from(name, 'latin1')));
const name = (value: Buffer) => sequence(setOf(sequence(objectIdentifier('2.5.4.3'), value)));

describe('verifyCsr', () => {
  it('takes PEM with either label, CRLF and white space around', async () => {
    const expected = await verifyCsr(der);
    expect(await verifyCsr(pem)).toEqual(expected);
    expect(await verifyCsr(Buffer.from(`\n${pem.replaceAll('\n', '\r\n')}\n`))).toEqual(expected);
    expect(await verifyCsr(pem.replaceAll('CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST'))).toEqual(expected);
  });

  it('refuses what is too large before looking at it', async () => {
    await refusedWith('x'.repeat(16 * 1024 + 1), 'CSR_TOO_LARGE');
    await refusedWith(Buffer.alloc(16 * 1024 + 1, 0x30), 'CSR_TOO_LARGE');
    await expect(verifyCsr(der, { maxBytes: 100 })).rejects.toMatchObject({ code: 'CSR_TOO_LARGE' });
  });

  it('refuses PEM that is not exactly one request', async () => {
    for (const text of [
      '',
      'hello',
      pem + pem,
      `text\n${pem}`,
      `${pem}text`,
      pem.replace('BEGIN', 'BEGINN'),
      pem.slice(0, -30),
    ]) {
      await refusedWith(text, 'CSR_MALFORMED');
    }
    await refusedWith(pem.replace(/\n(.)/, '\n!$1'), 'CSR_MALFORMED');
  });

  it('refuses trailing bytes, and lengths that are not DER', async () => {
    await refusedWith(Buffer.concat([der, Buffer.from([0])]), 'CSR_MALFORMED');
    await refusedWith(
      Buffer.concat([Buffer.from([0x30, 0x80]), der.subarray(4), Buffer.from([0, 0])]),
      'CSR_MALFORMED',
    );
    const padded = Buffer.concat([Buffer.from([0x30, 0x83, 0]), der.subarray(2)]);
    await refusedWith(padded, 'CSR_MALFORMED');
  });

  it('refuses a nesting bomb and a flood of elements at once', async () => {
    let bomb = nullValue();
    for (let i = 0; i < 4000; i++) bomb = sequence(bomb);
    await refusedWith(bomb, 'CSR_MALFORMED');
    await refusedWith(sequence(...Array.from({ length: 7000 }, nullValue)), 'CSR_MALFORMED');
  });

  it('never quotes a private key that was pasted by mistake', async () => {
    const secret = key.export({ type: 'pkcs8', format: 'pem' }).toString();
    const body = secret.split('\n')[1]!;
    for (const text of [secret, secret.replaceAll('PRIVATE KEY', 'CERTIFICATE REQUEST')]) {
      const error: unknown = await verifyCsr(text).catch((e: unknown) => e);
      expect(error).toBeInstanceOf(CsrError);
      const { message, stack, cause } = error as CsrError;
      expect([message, stack, String(cause), JSON.stringify(error)].join()).not.toContain(body.slice(0, 12));
    }
  });

  it('refuses a request that another key has signed', async () => {
    const other = spkiOf(createPublicKey(await generatePrivateKey('ecdsa-p256')));
    await refusedWith(await forgeCsr(key, { spki: other }), 'CSR_BAD_SIGNATURE');
    const changed = Buffer.from(der);
    changed[changed.indexOf('cluster.local')]! ^= 1;
    await refusedWith(changed, 'CSR_BAD_SIGNATURE');
  });

  it('refuses a second encoding of a key and a point off the curve', async () => {
    const spki = spkiOf(createPublicKey(key));
    const point = spki.subarray(-64);
    const compressed = Buffer.concat([Buffer.from([0, 2 + (point[63]! & 1)]), point.subarray(0, 32)]);
    const algorithm = sequence(objectIdentifier(oid.ecPublicKey), objectIdentifier(oid.p256));
    await refusedWith(await forgeCsr(key, { spki: sequence(algorithm, tlv(0x03, compressed)) }), 'CSR_UNSUPPORTED_KEY');
    const off = Buffer.from(spki);
    off[off.length - 1]! ^= 1;
    await refusedWith(await forgeCsr(key, { spki: off }), 'CSR_WEAK_KEY');
  });

  it.each<[string, () => Extension[], CsrError['code']]>([
    [
      'an extension twice',
      () => [subjectAltName({ uris: [uri] }, false), subjectAltName({ uris: [uri] }, false)],
      'CSR_DUPLICATE_EXTENSION',
    ],
    [
      'an unknown extension',
      () => [{ oid: '2.5.29.99', critical: false, value: nullValue() }],
      'CSR_UNKNOWN_EXTENSION',
    ],
    ['CA:TRUE', () => [basicConstraints(true)], 'CSR_FORBIDDEN_EXTENSION'],
    ['keyCertSign', () => [keyUsage('digitalSignature', 'keyCertSign')], 'CSR_FORBIDDEN_EXTENSION'],
    ['an underscore', () => [dns('a_b.example')], 'CSR_INVALID_NAME'],
    ['a wildcard', () => [dns('*.example')], 'CSR_INVALID_NAME'],
    ['a trailing dot', () => [dns('a.example.')], 'CSR_INVALID_NAME'],
    ['an address as DNS name', () => [dns('10.0.0.1')], 'CSR_INVALID_NAME'],
    ['an embedded zero', () => [dns('a.example\0.evil')], 'CSR_MALFORMED'],
    ['an address of five octets', () => [san(contextPrimitive(7, Buffer.alloc(5)))], 'CSR_MALFORMED'],
    ['a directory name', () => [san(tlv(0xa4, sequence()))], 'CSR_INVALID_NAME'],
    [
      'a SPIFFE ID with a port',
      () => [subjectAltName({ uris: ['spiffe://cluster.local:80/a'] }, false)],
      'CSR_INVALID_NAME',
    ],
    [
      'too many names',
      () => [subjectAltName({ dnsNames: Array.from({ length: 101 }, (_, i) => `a${i}`) }, false)],
      'CSR_MALFORMED',
    ],
    [
      'bytes behind an extension',
      () => [{ oid: oid.subjectAltName, critical: false, value: Buffer.concat([sequence(), Buffer.from([5, 0])]) }],
      'CSR_MALFORMED',
    ],
  ])('refuses %s', async (_, extensions, code) => {
    await refusedWith(await forgeCsr(key, { extensions: extensions() }), code);
  });

  it('refuses several extension requests in either form', async () => {
    const one = encodeExtensions([subjectAltName({ uris: [uri] }, false)]);
    await refusedWith(
      await forgeCsr(key, { attributes: [extensionRequest(one), extensionRequest(one)] }),
      'CSR_DUPLICATE_EXTENSION',
    );
    await refusedWith(await forgeCsr(key, { attributes: [extensionRequest(one, one)] }), 'CSR_DUPLICATE_EXTENSION');
    const microsoft = sequence(objectIdentifier(oid.microsoftExtensionRequest), setOf(one));
    await refusedWith(await forgeCsr(key, { attributes: [microsoft] }), 'CSR_UNKNOWN_EXTENSION');
  });

  it('refuses names that are not text', async () => {
    const values = [
      tlv(0x0c, Buffer.from([0xc3, 0x28])),
      tlv(0x1e, Buffer.from('00610062', 'hex')),
      utf8String('a\u0000b'),
      utf8String('a'.repeat(300)),
    ];
    for (const value of values) await refusedWith(await forgeCsr(key, { subjectName: name(value) }), 'CSR_MALFORMED');
  });

  it('throws nothing but CsrError for any mutation, in bounded time', async () => {
    const mutation = fc.record({
      at: fc.nat(),
      byte: fc.integer({ min: 0, max: 255 }),
      kind: fc.constantFrom('set', 'insert', 'remove', 'cut'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 4 }), async (mutations) => {
        let bytes = Buffer.from(der);
        for (const { at, byte, kind } of mutations) {
          const index = at % bytes.length;
          if (kind === 'set') bytes[index] = byte;
          else if (kind === 'cut') bytes = bytes.subarray(0, Math.max(index, 1));
          else
            bytes = Buffer.concat([
              bytes.subarray(0, index),
              Buffer.from(kind === 'insert' ? [byte] : []),
              bytes.subarray(index + (kind === 'remove' ? 1 : 0)),
            ]);
        }
        const started = performance.now();
        const outcome: unknown = await verifyCsr(bytes).catch((error: unknown) => error);
        expect(performance.now() - started).toBeLessThan(500);
        if (bytes.equals(der)) return;
        expect(outcome).toBeInstanceOf(CsrError);
      }),
      { numRuns: 3000 },
    );
  });

  it('throws nothing but CsrError for any bytes', () =>
    fc.assert(
      fc.asyncProperty(fc.oneof(fc.uint8Array({ maxLength: 400 }), fc.string({ maxLength: 400 })), async (input) => {
        const outcome: unknown = await verifyCsr(typeof input === 'string' ? input : Buffer.from(input)).catch(
          (e: unknown) => e,
        );
        expect(outcome).toBeInstanceOf(CsrError);
      }),
      { numRuns: 1000 },
    ));
});
