import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCsr, derToPem, generatePrivateKey, pemToDer } from '@cartulary/x509';

export interface BadRequest {
  readonly what: string;
  /** PEM, or what is sent in its place. */
  readonly csr: string;
  readonly status: number;
  readonly code: string;
}

const request = (...args: string[]): string => {
  const directory = mkdtempSync(join(tmpdir(), 'cartulary-bad-csr-'));
  try {
    const common = ['req', '-new', '-nodes', '-keyout', join(directory, 'key'), '-subj', '/'];
    return execFileSync('openssl', [...common, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};
const p256 = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
const pem = (der: Buffer): string => derToPem(der, 'CERTIFICATE REQUEST');

/** CSRs that must be refused, each with its code; made by OpenSSL where ours would not make them. */
export const badRequests = async (): Promise<BadRequest[]> => {
  const good = await createCsr(await generatePrivateKey('ecdsa-p256'));
  const flipped = Buffer.from(good);
  flipped[flipped.length - 1]! ^= 1;
  const foreign = (uri: string): Promise<string> =>
    generatePrivateKey('ecdsa-p256').then(async (key) => pem(await createCsr(key, { uris: [uri] })));
  const refuse = (what: string, csr: string, status: number, code: string): BadRequest => ({ what, csr, status, code });
  return [
    refuse('nothing', '', 400, 'INVALID_REQUEST'),
    refuse('text', 'no request at all, but long enough to be one', 400, 'CSR_MALFORMED'),
    refuse('a certificate', pem(good).replaceAll('CERTIFICATE REQUEST', 'CERTIFICATE'), 400, 'CSR_MALFORMED'),
    refuse('half a request', pem(good.subarray(0, good.length >> 1)), 400, 'CSR_MALFORMED'),
    refuse('a request and more', pem(Buffer.concat([good, good])), 400, 'CSR_MALFORMED'),
    refuse('a thousand nested sequences', pem(nested(1_000)), 400, 'CSR_MALFORMED'),
    refuse('a length of 4 GiB', pem(Buffer.from('3084ffffffff3000', 'hex')), 400, 'CSR_MALFORMED'),
    refuse('base64 that is none', pem(good).replace(/[A-Za-z]{8}/, '!!!!!!!!'), 400, 'CSR_MALFORMED'),
    refuse('a wrong signature', pem(flipped), 422, 'CSR_BAD_SIGNATURE'),
    refuse('RSA of 1024 bits', request('-newkey', 'rsa:1024'), 422, 'CSR_WEAK_KEY'),
    refuse(
      'secp256k1',
      request('-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:secp256k1'),
      422,
      'CSR_UNSUPPORTED_KEY',
    ),
    refuse('SHA-1', request(...p256, '-sha1'), 422, 'CSR_WEAK_SIGNATURE'),
    refuse('a CA', request(...p256, '-addext', 'basicConstraints=CA:TRUE'), 422, 'CSR_FORBIDDEN_EXTENSION'),
    refuse('a signer of CRLs', request(...p256, '-addext', 'keyUsage=cRLSign'), 422, 'CSR_FORBIDDEN_EXTENSION'),
    refuse('an unknown extension', request(...p256, '-addext', '1.2.3.4=DER:0500'), 422, 'CSR_UNKNOWN_EXTENSION'),
    refuse(
      'an e-mail address',
      request(...p256, '-addext', 'subjectAltName=email:a@b.example'),
      422,
      'CSR_INVALID_NAME',
    ),
    refuse('a wildcard', request(...p256, '-addext', 'subjectAltName=DNS:*.example.org'), 422, 'CSR_INVALID_NAME'),
    refuse('another identity', await foreign('spiffe://cluster.local/ns/other/sa/x'), 422, 'CSR_WRONG_IDENTITY'),
    refuse('another trust domain', await foreign('spiffe://elsewhere/ns/bad/sa/input'), 422, 'CSR_WRONG_IDENTITY'),
    refuse(
      'a port in the identity',
      await foreign('spiffe://cluster.local:80/ns/bad/sa/input'),
      422,
      'CSR_INVALID_NAME',
    ),
    refuse('17 KiB', pem(Buffer.alloc(13 * 1_024, 0x30)), 413, 'CSR_TOO_LARGE'),
  ];
};

const nested = (depth: number): Buffer => {
  let der = Buffer.alloc(0);
  for (let level = 0; level < depth; level++) {
    const header =
      der.length < 128
        ? Buffer.from([0x30, der.length])
        : Buffer.from([0x30, 0x82, der.length >> 8, der.length & 0xff]);
    der = Buffer.concat([header, der]);
  }
  return der;
};

/** DER of a good request, to be damaged at random. */
export const goodRequest = async (): Promise<Buffer> =>
  pemToDer(pem(await createCsr(await generatePrivateKey('ecdsa-p256'))), 'CERTIFICATE REQUEST');
