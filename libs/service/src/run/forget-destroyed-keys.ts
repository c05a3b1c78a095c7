import type { Signer } from '@cartulary/x509';
import { type IssuerDirectory, isKeyGone } from '../issuer-directory.js';

/** The service that owns the keys destroys them in the store; every other one drops them from its memory. */
export const forgetDestroyedKeys = (issuers: IssuerDirectory, signer: Pick<Signer, 'forget'>): void => {
  issuers.onChange((issuer) => {
    if (issuer.keyId && isKeyGone(issuer)) signer.forget(issuer.keyId);
  });
};
