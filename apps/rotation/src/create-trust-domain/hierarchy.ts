import { type IssuerId, type IssuerPurpose, type IssuerRecord, type Timestamp, timestamp } from '@cartulary/domain';
import { publicationsOf, type Settings, validity } from '@cartulary/service';
import {
  certificateFacts,
  type DistinguishedName,
  type ImportedIssuer,
  issueCertificate,
  issueRoot,
  type IssuerKind,
  newSerial,
  type Signer,
  type SignerKey,
} from '@cartulary/x509';

export type SigningIssuer = IssuerRecord & { readonly keyId: string };

/** Is told of a key before anything is done with it. */
export type KeepKey = (key: SignerKey) => Promise<void>;
const keepNone: KeepKey = () => Promise.resolve();

const titles: Readonly<Record<IssuerPurpose, string>> = {
  root: 'Root',
  intermediate: 'Intermediate',
  workload: 'Workload Issuer',
  server: 'Server Issuer',
  'system-root': 'System Root',
  system: 'System Issuer',
};

/**
 * Makes keys and certificates of a new trust domain's CAs. The mesh: root → intermediate → {workload, server}. Apart from
 * it, so that no proxy trusts it: system root → system issuer.
 */
export class Hierarchy {
  constructor(
    private readonly signer: Signer,
    private readonly settings: Settings,
    private readonly now: Date,
  ) {}

  async create(imported?: ImportedIssuer & { privateKeyPem: string }): Promise<IssuerRecord[]> {
    const systemRoot = await this.root('system-root');
    const system = await this.issuer('system', systemRoot);
    if (imported) {
      // The imported issuer may sign no CA, and proxies trust whatever servers' issuers stand under, so not the system's
      // root: servers get one of their own.
      const root = await this.root('root');
      return [await this.#imported(imported), root, await this.issuer('server', root), systemRoot, system];
    }
    const root = await this.root('root');
    const intermediate = await this.intermediate(root);
    const issuers = [await this.issuer('workload', intermediate), await this.issuer('server', intermediate)];
    return [root, intermediate, ...issuers, systemRoot, system];
  }

  /** With a mesh that was signed ahead: its epochs where that gave us an intermediate, servers' where it has none, the system's. */
  async beside(signed: readonly IssuerRecord[]): Promise<IssuerRecord[]> {
    const systemRoot = await this.root('system-root');
    const rest = [systemRoot, await this.issuer('system', systemRoot)];
    const intermediate = signed.find(hasKey('intermediate'));
    if (intermediate) {
      const issuers = [await this.issuer('workload', intermediate), await this.issuer('server', intermediate)];
      return [...signed, ...issuers, ...rest];
    }
    if (signed.some(({ purpose }) => purpose === 'server')) return [...signed, ...rest];
    const root = await this.root('root');
    return [...signed, root, await this.issuer('server', root), ...rest];
  }

  /** Key and certificate of one epoch's issuer. */
  async issuer(kind: IssuerKind, parent: SigningIssuer, epoch = 1, keep = keepNone): Promise<SigningIssuer> {
    const key = await this.#key(keep);
    const common = this.#below(parent, key, this.settings.caLifetimes.issuer);
    const { trustDomain } = this.settings;
    const request = { profile: 'issuer', kind, trustDomain, subject: this.#subject(kind, key), ...common } as const;
    return { ...this.#record(kind, key, await issueCertificate(request, signing(parent), this.signer), parent), epoch };
  }

  /** Key and self-signed certificate of an anchor. */
  async root(purpose: 'root' | 'system-root', epoch = 1, keep = keepNone): Promise<SigningIssuer> {
    const key = await this.#key(keep);
    const subject = this.#subject(purpose, key);
    const unbounded = { notBefore: new Date(0), notAfter: new Date(8.64e15) };
    const dates = validity(this.now, this.settings.caLifetimes.root, this.settings.clockSkew, unbounded);
    const certificate = await issueRoot(
      { profile: 'root', serial: newSerial(), subject, ...dates },
      key.keyId,
      this.signer,
    );
    return { ...this.#record(purpose, key, certificate), epoch };
  }

  async intermediate(parent: SigningIssuer, epoch = 1, keep = keepNone): Promise<SigningIssuer> {
    const key = await this.#key(keep);
    const common = this.#below(parent, key, this.settings.caLifetimes.intermediate);
    const request = { profile: 'intermediate', subject: this.#subject('intermediate', key), ...common } as const;
    const certificate = await issueCertificate(request, signing(parent), this.signer);
    return { ...this.#record('intermediate', key, certificate, parent), epoch };
  }

  async #key(keep: KeepKey): Promise<SignerKey> {
    const key = await this.signer.generate(this.settings.caKeyAlgorithm);
    await keep(key);
    return key;
  }

  async #imported({ certificate, intermediates, root, privateKeyPem }: ImportedIssuer & { privateKeyPem: string }) {
    const key = await this.signer.import(privateKeyPem);
    const chain = [...intermediates, root].map((der) => der.toString('base64')) as IssuerRecord['chain'];
    return { ...this.#record('workload', key, certificate), ...(chain ? { chain } : {}) };
  }

  #below(parent: SigningIssuer, key: SignerKey, seconds: number) {
    const dates = validity(this.now, seconds, this.settings.clockSkew, certificateFacts(signing(parent).certificate));
    const publications = publicationsOf(this.settings.publicUrl, parent.issuerId, this.settings.crl.deltas);
    return { serial: newSerial(), spki: key.spki, publications, ...dates };
  }

  // The id makes the subject of every issuer its own: relying parties look a CRL up by its issuer's name.
  #subject(purpose: IssuerPurpose, key: SignerKey): DistinguishedName {
    return [
      { type: 'O', value: this.settings.trustDomain },
      { type: 'CN', value: `Cartulary ${titles[purpose]} ${issuerIdOf(key)}` },
    ];
  }

  #record(purpose: IssuerPurpose, key: SignerKey, certificate: Buffer, parent?: IssuerRecord): SigningIssuer {
    const { notBefore, notAfter } = certificateFacts(certificate);
    const time = (date: Date): Timestamp => timestamp(date);
    return {
      issuerId: issuerIdOf(key),
      purpose,
      epoch: 1,
      name: `Cartulary ${titles[purpose]}`,
      certificate: certificate.toString('base64') as IssuerRecord['certificate'],
      ...(parent ? { parent: parent.issuerId } : {}),
      keyId: key.keyId,
      keyAlgorithm: key.algorithm,
      notBefore: time(notBefore),
      notAfter: time(notAfter),
    };
  }
}

const hasKey =
  (wanted: IssuerPurpose) =>
  (issuer: IssuerRecord): issuer is SigningIssuer =>
    issuer.purpose === wanted && issuer.keyId !== undefined;

const issuerIdOf = (key: SignerKey): IssuerId => key.keyHash.slice(0, 16) as IssuerId;

const signing = (issuer: SigningIssuer) => ({
  certificate: Buffer.from(issuer.certificate, 'base64'),
  keyId: issuer.keyId,
});
