import { derChainToPem, derToPem, privateKeyToPem } from '@cartulary/x509';
import type { TrustState } from '../trust/trust-state.js';
import type { Svid } from '../workloads/svid.js';

/** Files that belong together. */
export interface FileSet {
  /** Names the content. */
  readonly version: string;
  readonly files: readonly SetFile[];
}

export interface SetFile {
  readonly name: string;
  readonly content: string;
  /** The key is in it. */
  readonly secret: boolean;
}

/** Of the set that these make. */
export const setVersion = (svid: Svid, trust: TrustState): string => `${svid.serial} ${trust.version}`;

/** `server.pem` is for HAProxy and others that want certificate and key in one. */
export const fileSet = (svid: Svid, trust: TrustState): FileSet => {
  const { bundle, crls } = trust;
  const version = setVersion(svid, trust);
  const chain = derChainToPem(svid.chain);
  const key = privateKeyToPem(svid.privateKey);
  const file = (name: string, content: string, secret = false): SetFile => ({ name, content, secret });
  return {
    version,
    files: [
      file('tls.crt', chain),
      file('tls.key', key, true),
      file('server.pem', chain + key, true),
      file('ca.crt', derChainToPem(bundle.anchors)),
      file('crl.pem', crls.map(({ der }) => derToPem(der, 'X509 CRL')).join('')),
      file('version', `${version}\n`),
    ],
  };
};
