import { checkBundle, checkCrl, TrustRefusedError } from '@cartulary/agent/testing';
import { parseCrl, pemChainToDer } from '@cartulary/x509';
import type { Trust } from './envoy-listeners.js';

/** The CRLs that a proxy would find in it, DER; what is no PEM is taken as it is. */
const crlsOf = ({ crl }: Trust): Buffer[] => {
  if (crl === undefined) return [];
  const blocks = [...crl.toString('latin1').matchAll(/-----BEGIN X509 CRL-----([^-]*)-----END X509 CRL-----/g)];
  return blocks.length === 0 ? [crl] : blocks.map(([, base64]) => Buffer.from(base64!, 'base64'));
};

const numberOf = (der: Buffer): bigint => {
  try {
    return parseCrl(der).number ?? 0n;
  } catch {
    return 0n;
  }
};

const codeOf = (check: () => unknown): string[] => {
  try {
    check();
    return [];
  } catch (error) {
    if (error instanceof TrustRefusedError) return [error.code];
    throw error;
  }
};

/** Why our agent would refuse what this Envoy is given, were it the CA's word; each code once. `previous` is the number before. */
export const agentRefusals = (trust: Trust, authorities: readonly Buffer[], previous?: bigint): string[] => {
  const now = new Date();
  const anchors = pemChainToDer(trust.anchors);
  const bundle = { trustDomain: 'cluster.local', anchors, intermediates: [], sequence: 1 };
  const before = previous === undefined ? {} : { previous: { number: previous } };
  const codes = crlsOf(trust).flatMap((der) =>
    codeOf(() => checkCrl({ issuerId: '0', number: numberOf(der), der }, { authorities, now, ...before })),
  );
  return [...new Set([...codeOf(() => checkBundle(bundle, now)), ...codes])];
};
