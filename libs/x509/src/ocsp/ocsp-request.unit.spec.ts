import fc from 'fast-check';
import { OCSPRequest } from 'pkijs';
import { beforeAll, describe, expect, it } from 'vitest';
import { boolean, context, integer, nullValue, objectIdentifier, octetString, sequence } from '../asn1/der-writer.js';
import { newSerial } from '../asn1/serial.js';
import { OcspError } from '../errors.js';
import { TestHierarchy } from '../testing/hierarchy.js';
import { encodeCertId } from './cert-id.js';
import { CertIdMatcher } from './cert-id-matcher.js';
import { buildOcspRequest, decodeOcspGetPath, encodeNonce, parseOcspRequest } from './ocsp-request.js';

const malformed = expect.objectContaining({ code: 'OCSP_MALFORMED_REQUEST', name: 'OcspError' });
const refused = (bytes: Buffer) => expect(() => parseOcspRequest(bytes)).toThrow(malformed);

let at: TestHierarchy;
let issuer: Buffer;
let request: Buffer;
let single: Buffer;
const serial = newSerial();

beforeAll(async () => {
  at = await TestHierarchy.create(new Date());
  issuer = at.issuers.workload.certificate;
  request = buildOcspRequest(issuer, [serial], { nonce: Buffer.alloc(16, 7) });
  single = sequence(encodeCertId(issuer, serial, 'sha1'));
});

const withExtension = (extension: Buffer) => sequence(sequence(sequence(single), context(2, sequence(extension))));

describe('parseOcspRequest', () => {
  it('reads what pkijs reads', () => {
    const { tbsRequest } = OCSPRequest.fromBER(new Uint8Array(request));
    const { certIds, nonce } = parseOcspRequest(request);
    expect(nonce).toEqual(Buffer.alloc(16, 7));
    expect(certIds).toHaveLength(1);
    const { reqCert } = tbsRequest.requestList[0]!;
    expect(certIds[0]!.der).toEqual(Buffer.from(reqCert.toSchema().toBER()));
    expect(certIds[0]).toMatchObject({ serial, hashAlgorithm: 'sha1' });
  });

  it('accepts a hundred certificates and refuses one more, none, and too many bytes', () => {
    const serials = Array.from({ length: 100 }, newSerial);
    expect(parseOcspRequest(buildOcspRequest(issuer, serials)).certIds.map((id) => id.serial)).toEqual(serials);
    refused(buildOcspRequest(issuer, [...serials, serial]));
    refused(buildOcspRequest(issuer, []));
    refused(Buffer.alloc(16 * 1024 + 1, 0x30));
  });

  it.each([1, 128])('takes a nonce of %i octets', (length) => {
    const nonce = Buffer.alloc(length, 1);
    expect(parseOcspRequest(buildOcspRequest(issuer, [serial], { nonce })).nonce).toEqual(nonce);
  });

  it.each([0, 129])('refuses a nonce of %i octets', (length) => {
    refused(withExtension(encodeNonce(Buffer.alloc(length))));
  });

  it('refuses a critical extension that it does not know and ignores others', () => {
    const unknown = objectIdentifier('1.2.3.4');
    refused(withExtension(sequence(unknown, boolean(true), octetString(nullValue()))));
    expect(parseOcspRequest(withExtension(sequence(unknown, octetString(nullValue())))).certIds).toHaveLength(1);
    const nonce = encodeNonce(Buffer.alloc(8));
    refused(sequence(sequence(sequence(single), context(2, sequence(nonce, nonce)))));
  });

  it('takes version 1 written out, a requestor and a signature, refuses another version', () => {
    const requestor = context(1, context(4, sequence()));
    const signature = context(0, sequence(sequence(objectIdentifier('1.2.3')), nullValue()));
    const signed = sequence(sequence(context(0, integer(0)), requestor, sequence(single)), signature);
    expect(parseOcspRequest(signed).certIds[0]!.serial).toBe(serial);
    refused(sequence(sequence(context(0, integer(1)), sequence(single))));
  });

  it('throws nothing but OcspError for any mutation, in bounded time', () => {
    const mutation = fc.record({ at: fc.nat(), byte: fc.integer({ min: 0, max: 255 }), insert: fc.boolean() });
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 5 }), (mutations) => {
        let bytes = Buffer.from(request);
        for (const { at: place, byte, insert } of mutations) {
          const index = place % bytes.length;
          if (insert) bytes = Buffer.concat([bytes.subarray(0, index), Buffer.from([byte]), bytes.subarray(index)]);
          else bytes[index] = byte;
        }
        const started = performance.now();
        try {
          expect(parseOcspRequest(bytes).certIds.length).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toBeInstanceOf(OcspError);
        }
        expect(performance.now() - started).toBeLessThan(200);
      }),
      { numRuns: 5000 },
    );
  });
});

describe('decodeOcspGetPath', () => {
  it('decodes base64 in every form that a client or a proxy gives it', () => {
    const bytes = Buffer.concat([request, Buffer.from('fbeffeffff', 'hex')]);
    const base64 = bytes.toString('base64');
    expect(base64).toMatch(/\+.*\//);
    const forms = [
      encodeURIComponent(base64),
      base64,
      `/${base64}`,
      `//${base64}`,
      base64.replace(/=+$/, ''),
      base64.replaceAll('+', '%20'),
      base64.replaceAll('+', ' '),
      bytes.toString('base64url'),
    ];
    for (const form of forms) expect(decodeOcspGetPath(form)).toEqual(bytes);
  });

  it.each(['', '/', '%', '%zz', 'M', 'MA*=', 'MAA=MAA=', '\u0000', 'é', 'M'.repeat(40_000)])(
    'refuses "%.20s"',
    (path) => {
      expect(() => decodeOcspGetPath(path)).toThrow(malformed);
    },
  );
});

describe('CertIdMatcher', () => {
  it('knows an issuer under SHA-1 and SHA-256 and no other', () => {
    const matcher = new CertIdMatcher<string>();
    matcher.add(issuer, 'workload');
    for (const hash of ['sha1', 'sha256'] as const) {
      const idOf = (certificate: Buffer) =>
        parseOcspRequest(buildOcspRequest(certificate, [serial], { hash })).certIds[0]!;
      expect(matcher.match(idOf(issuer))).toBe('workload');
      expect(matcher.match(idOf(at.issuers.server.certificate))).toBeUndefined();
      expect(matcher.match({ ...idOf(issuer), issuerKeyHash: Buffer.alloc(20) })).toBeUndefined();
    }
    matcher.remove(issuer);
    expect(matcher.match(parseOcspRequest(request).certIds[0]!)).toBeUndefined();
  });
});
