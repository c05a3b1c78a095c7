import { type KeyObject } from 'node:crypto';
import { newSerial } from '../asn1/serial.js';
import { type DistinguishedName } from '../asn1/distinguished-name.js';
import { certificateFacts } from '../certificate/facts.js';
import { issueCertificate, issueRoot, type IssuerReference } from '../certificate/issue-certificate.js';
import { createPublicKey } from 'node:crypto';
import { type IssuerKind, type Publications } from '../profile/request.js';
import { type KeyAlgorithm } from '../signer/key-algorithm.js';
import { generatePrivateKey } from '../signer/private-key.js';
import { spkiOf } from '../signer/public-key.js';
import { ForgingSigner } from './forging-signer.js';

const hour = 3_600_000;

export interface TestLeaf {
  readonly certificate: Buffer;
  readonly privateKey: KeyObject;
  readonly serial: string;
}

export const cn = (value: string): DistinguishedName => [{ type: 'CN', value }];

/** Root, intermediate and one issuer of each kind, in memory; for tests. */
export class TestHierarchy {
  static readonly trustDomain = 'cluster.local';

  private constructor(
    readonly signer: ForgingSigner,
    readonly now: Date,
    readonly root: IssuerReference,
    readonly intermediate: IssuerReference,
    readonly issuers: Readonly<Record<IssuerKind, IssuerReference>>,
  ) {}

  static async create(now: Date, algorithm: KeyAlgorithm = 'ecdsa-p256'): Promise<TestHierarchy> {
    const signer = new ForgingSigner();
    const notBefore = new Date(now.getTime() - hour);
    const validFor = (hours: number) => ({
      serial: newSerial(),
      notBefore,
      notAfter: new Date(now.getTime() + hours * hour),
    });
    const rootKey = await signer.generate(algorithm);
    const subject = cn('Test root');
    const root = {
      certificate: await issueRoot({ profile: 'root', subject, ...validFor(72) }, rootKey.keyId, signer),
      keyId: rootKey.keyId,
    };
    const below = async (parent: IssuerReference, name: string, kind?: IssuerKind): Promise<IssuerReference> => {
      const { keyId, spki } = await signer.generate(algorithm);
      const common = { ...validFor(60), spki, subject: cn(name), publications: {} };
      const request = kind
        ? ({ profile: 'issuer', kind, trustDomain: TestHierarchy.trustDomain, ...common } as const)
        : ({ profile: 'intermediate', ...common } as const);
      return { certificate: await issueCertificate(request, parent, signer), keyId };
    };
    const intermediate = await below(root, 'Test intermediate');
    return new TestHierarchy(signer, now, root, intermediate, {
      workload: await below(intermediate, 'Test workload issuer', 'workload'),
      server: await below(intermediate, 'Test server issuer', 'server'),
      system: await below(intermediate, 'Test system issuer', 'system'),
    });
  }

  get validity(): { notBefore: Date; notAfter: Date } {
    return { notBefore: new Date(this.now.getTime() - hour / 12), notAfter: new Date(this.now.getTime() + 24 * hour) };
  }

  async workload(
    spiffeId = 'spiffe://cluster.local/ns/default/sa/web',
    algorithm: KeyAlgorithm = 'ecdsa-p256',
    publications: Publications = {},
  ): Promise<TestLeaf> {
    const privateKey = await generatePrivateKey(algorithm);
    const serial = newSerial();
    const spki = spkiOf(createPublicKey(privateKey));
    const { trustDomain } = TestHierarchy;
    const certificate = await issueCertificate(
      { profile: 'workload', trustDomain, spiffeId, publications, serial, spki, ...this.validity },
      this.issuers.workload,
      this.signer,
    );
    return { certificate, privateKey, serial };
  }

  async server(dnsNames: readonly string[], ipAddresses: readonly string[] = []): Promise<TestLeaf> {
    const privateKey = await generatePrivateKey('ecdsa-p256');
    const serial = newSerial();
    const spki = spkiOf(createPublicKey(privateKey));
    const certificate = await issueCertificate(
      { profile: 'server', dnsNames, ipAddresses, publications: {}, serial, spki, ...this.validity },
      this.issuers.server,
      this.signer,
    );
    return { certificate, privateKey, serial };
  }

  /** The responder's own signer, its key id and delegated certificate for the issuer. */
  async responder(kind: IssuerKind, algorithm: KeyAlgorithm = 'ecdsa-p256') {
    const signer = new ForgingSigner();
    const { keyId, spki } = await signer.generate(algorithm);
    const certificate = await issueCertificate(
      { profile: 'ocsp-signing', serial: newSerial(), spki, ...this.validity },
      this.issuers[kind],
      this.signer,
    );
    return { signer, keyId, certificate };
  }

  authorityKeyId(kind: IssuerKind): Buffer {
    return certificateFacts(this.issuers[kind].certificate).subjectKeyId;
  }
}
