import { createHash } from 'node:crypto';
import { derChainToPem, derToPem, privateKeyToPem } from '@cartulary/x509';
import type { StapledSvid } from '../staple/stapling.js';
import type { TrustState } from '../trust/trust-state.js';
import { encode } from '../wire/messages.js';
import type { Svid } from '../workloads/svid.js';
import { type Any, sdsMessages, secretTypeUrl } from './messages.js';

/** One resource of SDS, encoded once for all streams that want it. */
export interface Secret {
  readonly name: string;
  /** The same content has the same version, also after a restart of the agent. */
  readonly version: string;
  readonly resource: Any;
  /** Of a validation context: what is in it. */
  readonly trust?: TrustState;
}

const inline = (text: string): object => ({ inlineBytes: Buffer.from(text) });
const any = (secret: object): Any => ({ typeUrl: secretTypeUrl, value: encode(sdsMessages.Secret, secret) });

/** Encodes by the identity of what it is made of, and forgets with it. */
const remembered = <Source extends object>(make: (source: Source, name: string) => Secret) => {
  const known = new WeakMap<Source, Map<string, Secret>>();
  return (source: Source, name: string): Secret => {
    const byName = known.get(source) ?? new Map<string, Secret>();
    known.set(source, byName);
    const secret = byName.get(name) ?? make(source, name);
    byName.set(name, secret);
    return secret;
  };
};

const certificate = ({ chain, privateKey }: Svid): object => ({
  certificateChain: inline(derChainToPem(chain)),
  privateKey: inline(privateKeyToPem(privateKey)),
});

export const certificateSecret = remembered<Svid>((svid, name) => ({
  name,
  version: svid.serial,
  resource: any({ name, tlsCertificate: certificate(svid) }),
}));

/** With an OCSP answer; another answer is another version. */
export const stapledSecret = remembered<StapledSvid>(({ svid, staple: { der } }, name) => ({
  name,
  version: `${svid.serial}-${createHash('sha256').update(der).digest('hex').slice(0, 16)}`,
  resource: any({ name, tlsCertificate: { ...certificate(svid), ocspStaple: { inlineBytes: der } } }),
}));

/**
 * Anchors and a CRL of every CA that has one. SAN matchers are the proxy's own (`combined_validation_context`): who may
 * be whose peer differs from listener to listener, and this is the same for all.
 */
export const validationSecret = remembered<TrustState>((trust, name) => ({
  name,
  version: trust.version,
  trust,
  resource: any({
    name,
    validationContext: {
      trustedCa: inline(derChainToPem(trust.bundle.anchors)),
      crl: inline(trust.crls.map(({ der }) => derToPem(der, 'X509 CRL')).join('')),
    },
  }),
}));
