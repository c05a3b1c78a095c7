import { createHash, X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  certificateFacts,
  decodeOcspGetPath,
  describeCertificate,
  parseCrl,
  parseOcspRequest,
  parseOcspResponse,
  pemChainToDer,
  type SuccessfulOcspResponse,
  verifyCrl,
  verifyCsr,
  verifyOcspResponse,
  X509Error,
} from '@cartulary/x509';
import { type Campaign, fuzz, isWhole } from '../support/fuzz/campaign.js';
import { type CsrSeed, csrSeeds, type ParserSeeds, parserSeeds, resigned } from '../support/fuzz/der-seeds.js';
import { mutateDer } from '../support/fuzz/mutate-der.js';
import { residentMiB } from '../support/faults/raw-http.js';

// Far above what any input takes; below what a quadratic reader would.
const PATIENCE_MS = 5_000;
const GROWTH_MIB = 512;
const now = new Date('2026-11-22T10:00:00Z');

let csrs: CsrSeed[];
let seeds: ParserSeeds;
beforeAll(async () => {
  csrs = await csrSeeds();
  seeds = await parserSeeds(now);
});

/** Its code where it is refused on purpose, and as documented; any other error is a defect. */
const codeOf =
  (documented: RegExp) =>
  (error: unknown): string => {
    if (error instanceof X509Error && documented.test(error.code)) return error.code;
    throw error;
  };

const run = async (campaign: Omit<Campaign, 'shrinks'>, expected: readonly string[]): Promise<void> => {
  const before = residentMiB(process.pid);
  const { outcomes, slowestMs } = await fuzz({ ...campaign, shrinks: true });
  expect(slowestMs).toBeLessThan(PATIENCE_MS);
  expect(residentMiB(process.pid) - before).toBeLessThan(GROWTH_MIB);
  if (isWhole) expect([...outcomes.keys()]).toEqual(expect.arrayContaining([...expected]));
};

describe('parsers refuse on purpose or not at all', () => {
  it('CSRs, damaged and changed and signed again', () =>
    run(
      {
        name: 'CSR',
        inputs: [3_000, 60_000],
        make: (random) =>
          random.next() < 0.5
            ? resigned(random.pick(csrs), random)
            : mutateDer(
                csrs.map(({ der }) => der),
                random,
              ),
        check: async (input) => {
          const csr = await verifyCsr(input).catch(codeOf(/^CSR_/));
          if (typeof csr === 'string') return csr;
          // What is accepted is taken as it came, and says of itself what it is.
          expect(csr.der.equals(input)).toBe(true);
          expect(csr.keyHash).toBe(createHash('sha256').update(csr.spki).digest('hex'));
          expect(input.includes(csr.spki)).toBe(true);
          return 'accepted';
        },
      },
      ['accepted', 'CSR_MALFORMED', 'CSR_BAD_SIGNATURE'],
    ));

  it('certificates, as OpenSSL reads them too', () =>
    run(
      {
        name: 'certificate',
        inputs: [2_000, 30_000],
        make: (random) => mutateDer(seeds.certificates, random),
        check: (input) => {
          let described: ReturnType<typeof describeCertificate>;
          try {
            certificateFacts(input);
            described = describeCertificate(input);
          } catch (error) {
            return codeOf(/^CERTIFICATE_MALFORMED$/)(error);
          }
          let other: X509Certificate;
          try {
            other = new X509Certificate(input);
          } catch {
            return 'accepted by us alone';
          }
          expect(BigInt(`0x${other.serialNumber}`)).toBe(BigInt(`0x${described.serial}`));
          expect(other.validToDate).toEqual(described.notAfter);
          expect(other.validFromDate).toEqual(described.notBefore);
          expect(other.raw.equals(input)).toBe(true);
          return 'accepted';
        },
      },
      ['accepted', 'CERTIFICATE_MALFORMED'],
    ));

  it('CRLs: only what its issuer signed is trusted', () =>
    run(
      {
        name: 'CRL',
        inputs: [1_500, 25_000],
        make: (random) => mutateDer(seeds.crls, random),
        check: (input) => {
          const same = seeds.crls.some((crl) => crl.equals(input));
          try {
            parseCrl(input);
            verifyCrl(input, seeds.issuer);
          } catch (error) {
            if (same) throw error;
            return codeOf(/^CRL_/)(error);
          }
          expect(same).toBe(true);
          return 'trusted';
        },
      },
      ['CRL_MALFORMED', 'CRL_BAD_SIGNATURE'],
    ));

  it('OCSP requests, by POST and in a path', () =>
    run(
      {
        name: 'OCSP request',
        inputs: [2_000, 30_000],
        make: (random) => mutateDer(seeds.ocspRequests, random),
        check: (input) => {
          try {
            const path = encodeURIComponent(input.toString('base64'));
            // A request begins with 0x30: what doesn't may lose slashes that look like the URL's.
            if (input[0] === 0x30 && path.length < 16_384) expect(decodeOcspGetPath(path).equals(input)).toBe(true);
            const { certIds } = parseOcspRequest(input);
            for (const { der } of certIds) expect(input.includes(der)).toBe(true);
            return 'accepted';
          } catch (error) {
            return codeOf(/^OCSP_MALFORMED_REQUEST$/)(error);
          }
        },
      },
      ['accepted', 'OCSP_MALFORMED_REQUEST'],
    ));

  it('OCSP responses: only what the delegate signed is trusted', () => {
    const said = seeds.ocspResponses.map(
      (response) => (parseOcspResponse(response) as SuccessfulOcspResponse).responses,
    );
    return run(
      {
        name: 'OCSP response',
        inputs: [1_000, 20_000],
        make: (random) => mutateDer(seeds.ocspResponses, random),
        check: (input) => {
          try {
            parseOcspResponse(input);
            const { responses } = verifyOcspResponse({ response: input, issuerCertificate: seeds.issuer, now });
            // Whatever is wrapped around it: what was signed says what it said.
            expect(said).toContainEqual(responses);
            return 'trusted';
          } catch (error) {
            return codeOf(/^OCSP_(?:MALFORMED|UNTRUSTED)_RESPONSE$/)(error);
          }
        },
      },
      ['OCSP_MALFORMED_RESPONSE', 'OCSP_UNTRUSTED_RESPONSE'],
    );
  });

  it('PEM', () =>
    run(
      {
        name: 'PEM',
        inputs: [500, 10_000],
        make: (random) => {
          const blocks = random
            .pick(seeds.certificates)
            .toString('base64')
            .replaceAll(/(.{64})/g, '$1\n');
          const pem = Buffer.from(`-----BEGIN CERTIFICATE-----\n${blocks}\n-----END CERTIFICATE-----\n`);
          const copy = Buffer.concat([pem, random.pick([Buffer.alloc(0), pem, random.bytes(8)])]);
          for (let changes = random.between(1, 3); changes > 0; changes--) {
            copy[random.between(0, copy.length - 1)] = random.between(0, 255);
          }
          return copy;
        },
        check: (input) => {
          try {
            for (const der of pemChainToDer(input.toString('latin1'))) certificateFacts(der);
            return 'accepted';
          } catch (error) {
            return codeOf(/^(?:PEM|CERTIFICATE)_MALFORMED$/)(error);
          }
        },
      },
      ['PEM_MALFORMED'],
    ));
});
