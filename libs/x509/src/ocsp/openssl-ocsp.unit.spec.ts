import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { derChainToPem } from '../asn1/pem.js';
import { type KeyAlgorithm } from '../signer/key-algorithm.js';
import { TestHierarchy } from '../testing/hierarchy.js';
import { OpenSsl } from '../testing/openssl.js';
import { CertIdMatcher } from './cert-id-matcher.js';
import { buildOcspRequest, parseOcspRequest } from './ocsp-request.js';
import { signOcspResponse, type OcspStatus } from './ocsp-response.js';
import { verifyOcspResponse } from './verify-ocsp-response.js';

let openssl: OpenSsl;
beforeAll(async () => {
  openssl = await OpenSsl.create();
});
afterAll(() => openssl.remove());

/** Answers a request's bytes as a responder would. */
const answer = async (
  at: TestHierarchy,
  bytes: Buffer,
  statuses: Record<string, OcspStatus>,
  algorithm?: KeyAlgorithm,
) => {
  const request = parseOcspRequest(bytes);
  const matcher = new CertIdMatcher<string>();
  matcher.add(at.issuers.workload.certificate, 'workload');
  expect(request.certIds.map((certId) => matcher.match(certId))).toEqual(request.certIds.map(() => 'workload'));
  const { signer, ...responder } = await at.responder('workload', algorithm);
  const dates = { thisUpdate: at.now, nextUpdate: new Date(at.now.getTime() + 600_000) };
  const responses = request.certIds.map(({ der, serial }) => ({
    certId: der,
    status: statuses[serial] ?? { type: 'unknown' as const },
    ...dates,
  }));
  const nonce = request.nonce ? { nonce: request.nonce } : {};
  return signOcspResponse({ producedAt: at.now, responses, ...nonce }, responder, signer);
};

describe('openssl ocsp', () => {
  it.each<[KeyAlgorithm, string]>([
    ['ecdsa-p256', '-sha1'],
    ['ecdsa-p384', '-sha256'],
    ['rsa-2048', '-sha1'],
    ['ed25519', '-sha256'],
  ])('asks about three certificates and trusts the delegated answer (%s, %s)', async (algorithm, hash) => {
    const at = await TestHierarchy.create(new Date(), algorithm);
    const [good, held, unknown] = [await at.workload(), await at.workload(), await at.workload()];
    await openssl.write('issuer.pem', derChainToPem([at.issuers.workload.certificate]));
    await openssl.write('root.pem', derChainToPem([at.root.certificate]));
    await openssl.write('chain.pem', derChainToPem([at.intermediate.certificate, at.issuers.workload.certificate]));
    const names = await Promise.all(
      [good, held, unknown].map(({ certificate }, i) => openssl.write(`leaf${i}.pem`, derChainToPem([certificate]))),
    );
    const asked = ['-issuer', 'issuer.pem', hash, ...names.flatMap((name) => ['-cert', name])];
    const made = await openssl.run('ocsp', ...asked, '-reqout', 'request.der');
    expect(made.code, made.output).toBe(0);
    const request = await readFile(join(openssl.directory, 'request.der'));
    expect(parseOcspRequest(request).nonce).toBeInstanceOf(Buffer);

    const response = await answer(
      at,
      request,
      {
        [good.serial]: { type: 'good' },
        [held.serial]: { type: 'revoked', revokedAt: at.now, reason: 'certificateHold' },
      },
      algorithm,
    );
    await openssl.write('response.der', response);
    const trust = ['-respin', 'response.der', '-CAfile', 'root.pem', '-verify_other', 'chain.pem'];
    // With -cert openssl would put a nonce of its own into the request that it holds the answer against.
    const nonced = await openssl.run('ocsp', '-reqin', 'request.der', ...trust);
    expect(nonced.output).toMatch(/Response verify OK/);
    expect(nonced.output).not.toMatch(/nonce/i);
    const { code, output } = await openssl.run('ocsp', ...asked, '-no_nonce', ...trust);
    expect(output).toMatch(/Response verify OK/);
    expect(code, output).toBe(0);
    expect(output).toMatch(/leaf0\.pem: good/);
    expect(output).toMatch(/leaf1\.pem: revoked[^]*Reason: certificateHold/);
    expect(output).toMatch(/leaf2\.pem: unknown/);

    const verified = verifyOcspResponse({
      response,
      issuerCertificate: at.issuers.workload.certificate,
      now: at.now,
      nonce: parseOcspRequest(request).nonce!,
      serials: [good.serial, held.serial, unknown.serial],
    });
    expect(verified.responses.map(({ status }) => status.type)).toEqual(['good', 'revoked', 'unknown']);
    expect(verified.responses[1]!.status).toMatchObject({ reason: 'certificateHold' });
  });

  it('reads our requests', async () => {
    const at = await TestHierarchy.create(new Date());
    const { serial } = await at.workload();
    const nonce = randomBytes(32);
    for (const hash of ['sha1', 'sha256'] as const) {
      const request = buildOcspRequest(at.issuers.workload.certificate, [serial], { nonce, hash });
      await openssl.write('ours.der', request);
      const { output } = await openssl.run('ocsp', '-reqin', 'ours.der', '-req_text');
      expect(output.toLowerCase()).toContain(`serial number: ${serial}`);
      expect(output).toContain('OCSP Nonce');
      expect(parseOcspRequest(request)).toMatchObject({ nonce, certIds: [{ serial, hashAlgorithm: hash }] });
    }
  });
});
