import { derChainToPem, derToPem, createCsr, generatePrivateKey, privateKeyToPem } from '@cartulary/x509';
import type { FakeCa } from '@cartulary/agent/testing';
import type { Exhibit } from '../judges/judge.js';

const DAY = 24 * 3_600_000;

/** Somebody has the key of a certificate of this identity, outside any agent. */
export const stolenFrom = async (
  ca: FakeCa,
  spiffeId: string,
  life = DAY,
): Promise<{ readonly exhibit: Exhibit; readonly serial: string }> => {
  const key = await generatePrivateKey('ecdsa-p256');
  const csr = derToPem(await createCsr(key), 'CERTIFICATE REQUEST');
  const { chain, serial } = await ca.issue(csr, spiffeId, new Date(), life);
  const [leaf, ...above] = chain;
  return {
    serial,
    exhibit: { keyPem: privateKeyToPem(key), certificate: derChainToPem([leaf!]), chain: derChainToPem(above) },
  };
};
