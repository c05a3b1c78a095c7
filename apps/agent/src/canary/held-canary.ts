import { createPrivateKey } from 'node:crypto';
import { certificateFacts, derChainToPem, isCanarySerial, privateKeyToPem } from '@cartulary/x509';
import type { ReceivedCanary } from '../authority/authority.js';
import type { Shown } from './handshake.js';

/** The newest canary of an issuer, ready to be shown. */
export interface HeldCanary extends Shown {
  readonly issuerId: string;
  readonly number: bigint;
}

/** What came is no canary; says nothing of its key. */
export class NoCanaryError extends Error {
  readonly code = 'NO_CANARY';
  override readonly name = 'NoCanaryError';
}

/** Throws NoCanaryError. */
export const heldCanary = ({ issuerId, number, chain, privateKey }: ReceivedCanary): HeldCanary => {
  try {
    const [leaf] = chain;
    if (!leaf || !isCanarySerial(certificateFacts(leaf).serial)) throw new TypeError('its serial is not a canary’s');
    const key = createPrivateKey({ key: privateKey, format: 'der', type: 'pkcs8' });
    return { issuerId, number, chain: derChainToPem(chain), privateKey: privateKeyToPem(key) };
  } catch {
    // The cause may quote the key.
    throw new NoCanaryError(`what came for the CRL ${number} of ${issuerId} is no canary`);
  }
};
