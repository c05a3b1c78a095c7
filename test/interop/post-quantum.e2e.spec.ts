import { X509Certificate } from 'node:crypto';
import { createCsr, derToPem, generatePrivateKey, verifyCrl } from '@cartulary/x509';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Court, eventually, issue, openCourt, revoke } from '../support/interop.js';

// A trust domain with ML-DSA alone, served by OpenSSL 3.5 in Node: what others make of it is in docs/post-quantum.md.

let court: Court;
beforeAll(async () => {
  court = await openCourt({
    CARTULARY_CA_KEY_ALGORITHM: 'ml-dsa-44',
    CARTULARY_KEY_ALGORITHMS: 'ecdsa-p256,ml-dsa-44,ml-dsa-65',
    CARTULARY_CRL_DELTAS: 'crls',
  });
});
afterAll(() => court?.close());

interface Answer {
  readonly serial: string;
  readonly certificate: string;
  readonly chain: string;
}

const certificatesIn = (pem: string): X509Certificate[] =>
  (pem.match(/-----BEGIN[^]+?-----END CERTIFICATE-----/g) ?? []).map((one) => new X509Certificate(one));

describe('a trust domain of ML-DSA keys', () => {
  it.each(['ml-dsa-44', 'ml-dsa-65'] as const)('certifies an %s key, over TLS that it signed itself', async (kind) => {
    const csr = derToPem(await createCsr(await generatePrivateKey(kind), {}), 'CERTIFICATE REQUEST');
    const identity = 'spiffe://cluster.local/ns/interop/sa/quantum';
    const { body } = await court.rest.post('/v1/certificates', { csr, identity }).expect(201);
    const { certificate, chain } = body as Answer;
    const path = [
      ...certificatesIn(certificate),
      ...certificatesIn(chain),
      ...certificatesIn(court.service.read('root.crt')),
    ];
    expect(path.map(({ publicKey }) => publicKey.asymmetricKeyType)).toEqual([kind, ...Array(3).fill('ml-dsa-44')]);
    for (const [index, one] of path.entries()) expect(one.verify((path[index + 1] ?? one).publicKey)).toBe(true);
  });

  it('publishes CRLs and deltas that list what was revoked', async () => {
    const { serial, issuerId, chain } = await issue(court);
    await revoke(court, { serial } as never, 'superseded');
    const { body } = await court.rest.get(`/v1/issuers/${issuerId}`).expect(200);
    const url = (body as { crlUrl: string }).crlUrl;
    const [issuer] = certificatesIn(chain);
    const listed = async (from: string): Promise<readonly string[]> => {
      const response = await fetch(from);
      if (!response.ok) return [];
      return verifyCrl(Buffer.from(await response.arrayBuffer()), issuer!.raw).entries.map((entry) => entry.serial);
    };
    for (const from of [url, url.replace('.crl', '-delta.crl')]) {
      expect(
        await eventually(
          () => listed(from),
          (serials) => serials.includes(serial),
        ),
      ).toEqual([serial]);
    }
  });

  it('is nothing that OpenSSL 3.0 can read, which says so', async () => {
    const path = await issue(court);
    const { code, said } = await court.judge.run(['verify', '-CAfile', court.judge.rootFile, path.leafFile]);
    expect(code).not.toBe(0);
    expect(said).toMatch(/decode error|unable to get certs public key|unable to get local issuer/);
  });

  it('refuses keys that are not named', async () => {
    const csr = derToPem(await createCsr(await generatePrivateKey('ed25519'), {}), 'CERTIFICATE REQUEST');
    const identity = 'spiffe://cluster.local/ns/interop/sa/quantum';
    const { body } = await court.rest.post('/v1/certificates', { csr, identity });
    expect(body).toMatchObject({ code: 'CSR_UNSUPPORTED_KEY' });
  });
});
