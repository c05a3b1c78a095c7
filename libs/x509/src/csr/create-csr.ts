import { type KeyObject } from 'node:crypto';
import { type DistinguishedName } from '../asn1/distinguished-name.js';

export interface CsrContents {
  readonly subject?: DistinguishedName;
  readonly uris?: readonly string[];
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
}

/** A request for the holder of the key; DER. */
export const createCsr = (_privateKey: KeyObject, _contents: CsrContents = {}): Buffer => {
  throw new Error('not written');
};
