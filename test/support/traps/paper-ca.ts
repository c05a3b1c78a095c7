import { createPublicKey } from 'node:crypto';
import {
  assembleCrl,
  buildTbsCertList,
  certificateFacts,
  type CertListTemplate,
  derChainToPem,
  generatePrivateKey,
  issueCertificate,
  issueRoot,
  type IssuerReference,
  newSerial,
  privateKeyToPem,
  RevokedEntries,
  signatureAlgorithmFor,
} from '@cartulary/x509';
import { DerTree, type ForgingSigner } from '@cartulary/x509/testing';
import type { Exhibit } from '../judges/judge.js';

const HOUR = 3_600_000;
const TRUST_DOMAIN = 'cluster.local';
const signatureAlgorithm = signatureAlgorithmFor('ecdsa-p256');

/** Somebody's certificate with its key. */
export interface Holder extends Exhibit {
  readonly serial: string;
}

export interface CrlWishes {
  /** Serials. */
  readonly revoked?: readonly string[];
  readonly number?: bigint;
  readonly thisUpdate?: Date;
  readonly nextUpdate?: Date;
  /** Makes it a delta. */
  readonly baseCrlNumber?: bigint;
  /** The value of an issuing distribution point, DER: added as a critical extension, which our signer refuses to sign. */
  readonly distributionPoint?: Buffer;
}

const after = (hours: number): Date => new Date(Date.now() + hours * HOUR);
const validity = () => ({ serial: newSerial(), notBefore: after(-2), notAfter: after(48) });

/** A CA that also signs CRLs that ours never would, for those who have to read them. */
export class PaperCa {
  private constructor(
    private readonly signer: ForgingSigner,
    private readonly reference: IssuerReference,
    /** This CA and those above it, without the root; DER. */
    private readonly path: readonly Buffer[],
  ) {}

  static async root(signer: ForgingSigner, name: string): Promise<PaperCa> {
    const { keyId } = await signer.generate('ecdsa-p256');
    const request = { profile: 'root', subject: [{ type: 'CN', value: name }], ...validity() } as const;
    return new PaperCa(signer, { keyId, certificate: await issueRoot(request, keyId, signer) }, []);
  }

  /** DER. */
  get certificate(): Buffer {
    return this.reference.certificate;
  }

  get pem(): string {
    return derChainToPem([this.certificate]);
  }

  get serial(): string {
    return certificateFacts(this.reference.certificate).serial;
  }

  /** An issuer of workloads' certificates, or a CA between. */
  async below(name: string, kind: 'issuer' | 'intermediate'): Promise<PaperCa> {
    const { keyId, spki } = await this.signer.generate('ecdsa-p256');
    const common = { ...validity(), notAfter: after(40), spki, subject: [{ type: 'CN', value: name }] as const };
    const request =
      kind === 'issuer'
        ? ({ profile: 'issuer', kind: 'workload', trustDomain: TRUST_DOMAIN, publications: {}, ...common } as const)
        : ({ profile: 'intermediate', publications: {}, ...common } as const);
    const certificate = await issueCertificate(request, this.reference, this.signer);
    return new PaperCa(this.signer, { keyId, certificate }, [certificate, ...this.path]);
  }

  /** A workload's certificate; `crlUrl` is its CRL distribution point. */
  async holder(workload: string, { serial = newSerial(), crlUrl = '' } = {}): Promise<Holder> {
    const key = await generatePrivateKey('ecdsa-p256');
    const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
    const spiffeId = `spiffe://${TRUST_DOMAIN}/ns/shop/sa/${workload}`;
    const publications = crlUrl ? { crlUrl } : {};
    const dates = { notBefore: after(-1), notAfter: after(24) };
    const request = { profile: 'workload', trustDomain: TRUST_DOMAIN, spiffeId, publications, ...dates } as const;
    const certificate = await issueCertificate({ ...request, serial, spki }, this.reference, this.signer);
    const [keyPem, chain] = [privateKeyToPem(key), derChainToPem(this.path)];
    return { keyPem, certificate: derChainToPem([certificate]), chain, serial };
  }

  /** DER. */
  async crl({ revoked = [], distributionPoint, ...wishes }: CrlWishes = {}): Promise<Buffer> {
    const listed = new RevokedEntries();
    for (const serial of revoked) listed.set({ serial, revokedAt: after(-1), reason: 'keyCompromise' }, after(24));
    const { subjectName: issuerName, subjectKeyId: authorityKeyId } = certificateFacts(this.reference.certificate);
    const template: CertListTemplate = {
      ...{ issuerName, authorityKeyId, signatureAlgorithm, entries: listed.encode() },
      ...{ crlNumber: wishes.number ?? 10n, thisUpdate: wishes.thisUpdate ?? after(-1) },
      nextUpdate: wishes.nextUpdate ?? after(24),
      ...(wishes.baseCrlNumber === undefined ? {} : { baseCrlNumber: wishes.baseCrlNumber }),
    };
    const tbs = DerTree.parse(buildTbsCertList(template));
    if (distributionPoint) {
      const value = new DerTree(0x04, distributionPoint);
      const critical = new DerTree(0x01, Buffer.from([0xff]));
      const oid = new DerTree(0x06, Buffer.from('551d1c', 'hex'));
      tbs
        .children!.at(-1)!
        .at(0)
        .children!.push(new DerTree(0x30, Buffer.alloc(0), [oid, critical, value]));
    }
    const toBeSigned = tbs.encode();
    const signature = await this.signer.forge({ keyId: this.reference.keyId, toBeSigned });
    return assembleCrl(toBeSigned, signatureAlgorithm, signature);
  }
}
