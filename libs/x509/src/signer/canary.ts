import { isCanarySerial } from '../asn1/serial.js';
import { certificateView } from '../lint/view/certificate-view.js';

const LONGEST_MS = 7_200_000;
const URI = 6;

/** The name in a canary: nobody's identity can be written so, whatever is registered or ruled. */
export const canaryName = (trustDomain: string, issuerId: string): string =>
  `spiffe://${trustDomain}/canary/${issuerId}`;

/**
 * Whether a TBSCertificate is that of a canary: its serial and its only name say so, it is no CA, and does not live
 * for long. False for what is no TBSCertificate.
 */
export const isCanary = (toBeSigned: Buffer): boolean => {
  try {
    const view = certificateView(toBeSigned);
    const names = view.textsOf(URI);
    if (view.names.length !== 1) return false;
    return (
      isCanarySerial(view.serial.toString('hex')) &&
      !view.isCa &&
      names.length === 1 &&
      /^spiffe:\/\/[a-z0-9.-]+\/canary\/[0-9a-f]{16}$/.test(names[0] ?? '') &&
      view.notAfter.ms - view.notBefore.ms <= LONGEST_MS
    );
  } catch {
    return false;
  }
};
