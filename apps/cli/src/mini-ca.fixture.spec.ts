import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import type { FullCertificate, Issuer, Revocation } from '@cartulary/contracts';
import {
  assembleCrl,
  buildTbsCertList,
  certificateFacts,
  type CrlReason,
  derToPem,
  encodeRevokedEntry,
  InMemorySigner,
  issueCertificate,
  type IssuerReference,
  issueRoot,
  newSerial,
  parseOcspRequest,
  type RevokedEntry,
  signOcspResponse,
  verifyCsr,
} from '@cartulary/x509';
import { certificate as sample, event } from './samples.fixture.spec.js';

const day = 86_400_000;
const pem = (der: Buffer): string => derToPem(der, 'CERTIFICATE');

interface Issued extends FullCertificate {
  readonly events: string[];
}

/** Root, intermediate, issuer and responder in memory, with the public side on a port of its own. */
export class MiniCa {
  readonly issued = new Map<string, Issued>();
  private readonly revoked = new Map<string, RevokedEntry>();
  private number = 10n;
  private server: Server | undefined;
  url = '';
  /** Milliseconds by which what it signs is older than it should be. */
  late = 0;

  private constructor(
    private readonly signer: InMemorySigner,
    readonly root: Buffer,
    private readonly intermediate: Buffer,
    private readonly issuer: IssuerReference,
    private readonly responder: IssuerReference,
    readonly issuerId: string,
  ) {}

  static async start(): Promise<MiniCa> {
    const signer = new InMemorySigner();
    const [rootKey, intermediateKey, issuerKey, responderKey] = await Promise.all(
      [0, 1, 2, 3].map(() => signer.generate('ecdsa-p256')),
    );
    if (!rootKey || !intermediateKey || !issuerKey || !responderKey) throw new Error('no keys');
    const start = Date.now() - 3_600_000;
    const validity = (days: number) => ({
      serial: newSerial(),
      notBefore: new Date(start),
      notAfter: new Date(start + days * day),
    });
    const subject = (name: string) => [{ type: 'CN' as const, value: name }];
    const root = await issueRoot(
      { profile: 'root', ...validity(900), subject: subject('root') },
      rootKey.keyId,
      signer,
    );
    const intermediate = await issueCertificate(
      {
        profile: 'intermediate',
        ...validity(400),
        subject: subject('middle'),
        spki: intermediateKey.spki,
        publications: {},
      },
      { certificate: root, keyId: rootKey.keyId },
      signer,
    );
    const common = { profile: 'issuer', kind: 'workload', trustDomain: 'cluster.local', publications: {} } as const;
    const certificate = await issueCertificate(
      { ...common, ...validity(90), subject: subject('workload 1'), spki: issuerKey.spki },
      { certificate: intermediate, keyId: intermediateKey.keyId },
      signer,
    );
    const issuer = { certificate, keyId: issuerKey.keyId };
    const delegated = await issueCertificate(
      { profile: 'ocsp-signing', ...validity(7), spki: responderKey.spki },
      issuer,
      signer,
    );
    const responder = { certificate: delegated, keyId: responderKey.keyId };
    const ca = new MiniCa(signer, root, intermediate, issuer, responder, issuerKey.keyHash.slice(0, 16));
    await ca.listen();
    return ca;
  }

  async issue(csrPem: string, predecessor?: string): Promise<FullCertificate> {
    const { spki, keyHash, uris, dnsNames } = await verifyCsr(csrPem);
    const [identity = ''] = uris;
    const [notBefore, notAfter] = [new Date(Date.now() - 300_000), new Date(Date.now() + day)];
    const names = { trustDomain: 'cluster.local', spiffeId: identity, spki };
    const publications = { ocspUrl: `${this.url}/ocsp`, caIssuersUrl: `${this.url}/issuers/${this.issuerId}.cer` };
    const serial = newSerial();
    const der = await issueCertificate(
      { profile: 'workload', serial, notBefore, notAfter, ...names, publications },
      this.issuer,
      this.signer,
    );
    const times = { notBefore: notBefore.toISOString(), notAfter: notAfter.toISOString() };
    const chain = pem(this.issuer.certificate) + pem(this.intermediate);
    const links = { ...(predecessor ? { predecessor } : {}), dnsNames: [...dnsNames] };
    const made = sample({
      serial,
      identity,
      issuerId: this.issuerId,
      keyHash,
      ...times,
      certificate: pem(der),
      chain,
      ...links,
    });
    this.issued.set(serial, { ...made, events: ['CertificateIssued'] });
    return made;
  }

  revoke(serial: string, reason: CrlReason): Revocation {
    const revokedAt = new Date();
    this.revoked.set(serial, { serial, reason, revokedAt });
    this.number++;
    this.issued.get(serial)?.events.push(reason === 'certificateHold' ? 'CertificateHeld' : 'CertificateRevoked');
    const position = Number(this.number);
    return { serial, reason, revokedAt: revokedAt.toISOString(), certificates: [serial], position };
  }

  release(serial: string): FullCertificate {
    this.revoked.delete(serial);
    this.number++;
    const found = this.issued.get(serial);
    if (!found) throw new Error(`no certificate ${serial}`);
    const { events, ...certificate } = found;
    events.push('CertificateReleased');
    return certificate;
  }

  /** As the service lists them: one epoch of an issuer below root and intermediate, whose CRLs come from elsewhere. */
  issuers(): Issuer[] {
    const time = (ms: number): string => new Date(ms).toISOString();
    const common = { epoch: 1, imported: false, keyAlgorithm: 'ecdsa-p256', position: 3 } as const;
    const one = (purpose: Issuer['purpose'], der: Buffer, more: Partial<Issuer>): Issuer => {
      const { keyHash, notBefore, notAfter } = certificateFacts(der);
      const dates = { notBefore: notBefore.toISOString(), notAfter: notAfter.toISOString() };
      const issuerId = keyHash.slice(0, 16);
      const names = { issuerId, purpose, name: purpose, certificate: pem(der), chain: '' };
      return { ...common, ...dates, ...names, status: 'active', ...more };
    };
    const root = one('root', this.root, {});
    const intermediate = one('intermediate', this.intermediate, { parent: root.issuerId });
    const [thisUpdate, nextUpdate] = [Date.now() - 300_000, Date.now() + day];
    const crl = { number: Number(this.number), entries: this.revoked.size, size: 300, sha256: 'ab'.repeat(32) };
    const dates = { thisUpdate: time(thisUpdate), nextUpdate: time(nextUpdate), publishedAt: time(thisUpdate) };
    const links = { parent: intermediate.issuerId, chain: pem(this.intermediate) };
    const published = { crlUrl: `${this.url}/crl/${this.issuerId}.crl`, crl: { ...crl, ...dates } };
    const activatedAt = time(thisUpdate);
    return [root, intermediate, one('workload', this.issuer.certificate, { ...links, ...published, activatedAt })];
  }

  isRevoked = (serial: string): boolean => this.revoked.has(serial);

  history(serial: string): object {
    return { events: (this.issued.get(serial)?.events ?? []).map((type, index) => event(index + 11, type)) };
  }

  async crl(): Promise<Buffer> {
    const facts = certificateFacts(this.issuer.certificate);
    const entries = [...this.revoked.values()].sort((a, b) => (a.serial < b.serial ? -1 : 1)).map(encodeRevokedEntry);
    const tbs = buildTbsCertList({
      issuerName: facts.subjectName,
      signatureAlgorithm: 'ecdsa-sha256',
      thisUpdate: new Date(Date.now() - 300_000 - this.late),
      nextUpdate: new Date(Date.now() + day - this.late),
      authorityKeyId: facts.subjectKeyId,
      crlNumber: this.number,
      entries,
    });
    const signature = await this.signer.sign({ keyId: this.issuer.keyId, usage: 'crl', toBeSigned: tbs });
    return assembleCrl(tbs, 'ecdsa-sha256', signature);
  }

  close(): Promise<void> {
    this.server?.closeAllConnections();
    return new Promise((resolve) => this.server?.close(() => resolve()));
  }

  private async ocsp(request: Buffer): Promise<Buffer> {
    const { certIds, nonce } = parseOcspRequest(request);
    const thisUpdate = new Date(Date.now() - this.late);
    const responses = certIds.map(({ der, serial }) => {
      const entry = this.revoked.get(serial);
      const { revokedAt, reason } = entry ?? {};
      const known = this.issued.has(serial) ? ({ type: 'good' } as const) : ({ type: 'unknown' } as const);
      const status = revokedAt ? { type: 'revoked' as const, revokedAt, ...(reason ? { reason } : {}) } : known;
      return { certId: der, status, thisUpdate, nextUpdate: new Date(Date.now() + 60_000) };
    });
    const template = { producedAt: thisUpdate, responses, ...(nonce ? { nonce } : {}) };
    return signOcspResponse(template, this.responder, this.signer);
  }

  private async listen(): Promise<void> {
    this.server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      const answer = async (): Promise<[type: string, body: Buffer]> => {
        if (request.url?.startsWith('/ocsp'))
          return ['application/ocsp-response', await this.ocsp(Buffer.concat(chunks))];
        if (request.url?.startsWith('/crl/')) return ['application/pkix-crl', await this.crl()];
        if (request.url === '/bundle.json') {
          const keys = [{ use: 'x509-svid', kty: 'EC', x5c: [this.root.toString('base64')] }];
          return [
            'application/json',
            Buffer.from(JSON.stringify({ keys, spiffe_sequence: 1, spiffe_refresh_hint: 60 })),
          ];
        }
        return ['application/pkix-cert', this.issuer.certificate];
      };
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        answer().then(
          ([type, body]) => response.writeHead(200, { 'content-type': type }).end(body),
          (error: unknown) => response.writeHead(500).end(String(error)),
        );
      });
    });
    await new Promise<void>((resolve) => this.server?.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }
}
