import fc from 'fast-check';
import { OCSPResponse } from 'pkijs';
import { beforeAll, describe, expect, it } from 'vitest';
import { OcspError } from '../errors.js';
import { type SignRequest } from '../signer/signer.js';
import { ForgingSigner } from '../testing/forging-signer.js';
import { TestHierarchy, type TestLeaf } from '../testing/hierarchy.js';
import { buildOcspRequest, parseOcspRequest } from './ocsp-request.js';
import { ocspErrorResponse, signOcspResponse, type OcspErrorStatus } from './ocsp-response.js';
import { parseOcspResponse } from './parse-ocsp-response.js';
import { verifyOcspResponse, type OcspVerification } from './verify-ocsp-response.js';

const minute = 60_000;
let at: TestHierarchy;
let leaf: TestLeaf;
let issuerCertificate: Buffer;

beforeAll(async () => {
  at = await TestHierarchy.create(new Date());
  leaf = await at.workload();
  issuerCertificate = at.issuers.workload.certificate;
});

/** A responder that doesn't ask whether it may. */
class UnlintedSigner extends ForgingSigner {
  override sign({ keyId, toBeSigned }: SignRequest): Promise<Buffer> {
    return this.forge({ keyId, toBeSigned: toBeSigned as Buffer });
  }
}

const later = (minutes: number) => new Date(at.now.getTime() + minutes * minute);

const answer = async (nonce?: Buffer, responder?: Awaited<ReturnType<TestHierarchy['responder']>>) => {
  const { signer, ...who } = responder ?? (await at.responder('workload'));
  const { certIds } = parseOcspRequest(buildOcspRequest(issuerCertificate, [leaf.serial], { hash: 'sha256' }));
  const responses = [
    { certId: certIds[0]!.der, status: { type: 'good' } as const, thisUpdate: at.now, nextUpdate: later(10) },
  ];
  return signOcspResponse({ producedAt: at.now, responses, ...(nonce ? { nonce } : {}) }, who, signer);
};

const verified = (response: Buffer, more: Partial<OcspVerification> = {}) =>
  verifyOcspResponse({ response, issuerCertificate, now: at.now, serials: [leaf.serial], ...more });

const untrusted = expect.objectContaining({ code: 'OCSP_UNTRUSTED_RESPONSE' });

describe('verifyOcspResponse', () => {
  it('trusts the delegated responder and echoes the nonce', async () => {
    const nonce = Buffer.alloc(32, 5);
    expect(verified(await answer(nonce), { nonce })).toMatchObject({
      nonce,
      responses: [{ status: { type: 'good' } }],
    });
  });

  it('trusts the issuer itself', async () => {
    const response = await answer(undefined, {
      signer: at.signer,
      keyId: at.issuers.workload.keyId,
      certificate: issuerCertificate,
    });
    expect(verified(response).responses).toHaveLength(1);
  });

  it("refuses a responder delegated by another issuer, and a leaf's key", async () => {
    const foreign = await answer(undefined, await at.responder('server'));
    expect(() => verified(foreign)).toThrow(untrusted);
    const signer = new UnlintedSigner();
    const { keyId } = await signer.import(leaf.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
    const byLeaf = await answer(undefined, { signer, keyId, certificate: leaf.certificate });
    expect(() => verified(byLeaf)).toThrow(untrusted);
  });

  it('refuses an answer that is old, early, about others, or without the nonce', async () => {
    const response = await answer();
    expect(verified(response, { now: later(14) }).status).toBe('successful');
    expect(() => verified(response, { now: later(16) })).toThrow(untrusted);
    expect(() => verified(response, { now: later(-6) })).toThrow(untrusted);
    expect(() => verified(response, { serials: ['01'] })).toThrow(untrusted);
    expect(() => verified(response, { nonce: Buffer.alloc(4) })).toThrow(untrusted);
    expect(() => verified(response, { issuerCertificate: at.issuers.server.certificate })).toThrow(untrusted);
  });

  it('refuses any changed byte', async () => {
    const response = await answer();
    fc.assert(
      fc.property(fc.nat(response.length - 1), fc.integer({ min: 1, max: 255 }), (index, flip) => {
        const changed = Buffer.from(response);
        changed[index]! ^= flip;
        // Bytes outside of what is signed are the delegated certificate's signature and the outer wrapping: either the
        // certificate is refused then, or the wrapping isn't an answer any more.
        expect(() => verified(changed)).toThrow(OcspError);
      }),
      { numRuns: 400 },
    );
  });

  it.each<[OcspErrorStatus, string]>([
    ['malformedRequest', '30030a0101'],
    ['internalError', '30030a0102'],
    ['tryLater', '30030a0103'],
    ['unauthorized', '30030a0106'],
  ])('reads %s and never trusts it', (status, hex) => {
    const response = ocspErrorResponse(status);
    expect(response.toString('hex')).toBe(hex);
    expect(parseOcspResponse(response)).toEqual({ status });
    expect(() => verified(response)).toThrow(untrusted);
  });

  it('throws OCSP_MALFORMED_RESPONSE for what is no answer', () => {
    for (const bytes of ['', '30', '3000', '30030a0100', '30030a0107', '0500', '308005000000']) {
      expect(() => parseOcspResponse(Buffer.from(bytes, 'hex'))).toThrow(
        expect.objectContaining({ code: 'OCSP_MALFORMED_RESPONSE' }),
      );
    }
  });
});

describe('the answer', () => {
  it('is one that pkijs reads, by key and with the certificate', async () => {
    const { responseBytes } = OCSPResponse.fromBER(new Uint8Array(await answer()));
    expect(responseBytes?.responseType).toBe('1.3.6.1.5.5.7.48.1.1');
  });
});
