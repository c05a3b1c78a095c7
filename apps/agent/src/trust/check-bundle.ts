import { CertificateError, certificateFacts, verifyChain } from '@cartulary/x509';
import type { BundleChange } from '../authority/authority.js';
import { TrustRefusedError } from './errors.js';

const holds = (chain: () => unknown): boolean => {
  try {
    chain();
    return true;
  } catch (error) {
    if (error instanceof CertificateError) return false;
    throw error;
  }
};

/**
 * The bundle without the CAs that have ended or lead to no anchor of it. Envoy, given an intermediate as an anchor and a
 * CRL, refuses everybody, so anchors sign themselves (DESIGN §11.3). Throws TrustRefusedError.
 */
export const checkBundle = (bundle: BundleChange, now: Date): BundleChange => {
  try {
    const live = bundle.anchors.filter((anchor) => now <= certificateFacts(anchor).notAfter);
    for (const anchor of live) {
      const { subjectName, issuerName } = certificateFacts(anchor);
      const itself = { leaf: anchor, intermediates: [], anchors: [anchor], now };
      if (!subjectName.equals(issuerName) || !holds(() => verifyChain(itself))) {
        throw new TrustRefusedError('BUNDLE_ANCHOR_NOT_A_ROOT', 'an anchor of the bundle has not signed itself');
      }
    }
    if (live.length === 0) throw new TrustRefusedError('BUNDLE_EMPTY', 'the bundle has no anchor that is valid now');
    const above = { intermediates: bundle.intermediates, anchors: live, now };
    const intermediates = bundle.intermediates.filter((leaf) => holds(() => verifyChain({ leaf, ...above })));
    return { ...bundle, anchors: live, intermediates };
  } catch (error) {
    if (!(error instanceof CertificateError)) throw error;
    throw new TrustRefusedError('BUNDLE_MALFORMED', error.message, { cause: error });
  }
};
