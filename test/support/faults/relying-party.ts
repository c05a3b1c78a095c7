import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { PublicClient } from '@cartulary/client';
import { buildOcspRequest, type OcspStatus, verifyCrl, verifyOcspResponse, parseOcspResponse } from '@cartulary/x509';
import type { CrlSeen, OcspSeen } from './evidence.js';

export interface IssuerToWatch {
  readonly issuerId: string;
  /** DER. */
  readonly certificate: Buffer;
}

const reasonOf = (status: OcspStatus): { reason?: string } =>
  status.type === 'revoked' ? { reason: status.reason ?? 'unspecified' } : {};

/** Asks as relying parties do, verifies what it is told, and remembers when it was told so. */
export class RelyingParty {
  readonly #client: PublicClient;

  constructor(baseUrl: string) {
    this.#client = new PublicClient({ baseUrl, retries: 0, timeout: 10_000 });
  }

  /** Undefined: it refused to say (tryLater). Throws when it can't be reached or what it says can't be trusted. */
  async ocsp(serial: string, issuer: IssuerToWatch, fresh = false): Promise<OcspSeen | undefined> {
    const nonce = fresh ? { nonce: randomBytes(16) } : {};
    const request = buildOcspRequest(issuer.certificate, [serial], nonce);
    const sentAt = Date.now();
    const response = await this.#client.ocsp(request);
    const receivedAt = Date.now();
    if (parseOcspResponse(response).status !== 'successful') return undefined;
    const verification = {
      response,
      issuerCertificate: issuer.certificate,
      now: new Date(receivedAt),
      serials: [serial],
    };
    const [single] = verifyOcspResponse({ ...verification, ...nonce }).responses;
    const { status, thisUpdate } = single!;
    return { serial, sentAt, receivedAt, thisUpdate: thisUpdate.getTime(), says: status.type, ...reasonOf(status) };
  }

  async crl({ issuerId, certificate }: IssuerToWatch): Promise<CrlSeen> {
    const sentAt = Date.now();
    const der = await this.#client.crl(issuerId);
    const receivedAt = Date.now();
    const { number, thisUpdate, entries } = verifyCrl(der, certificate);
    return {
      issuerId,
      number: Number(number),
      sha256: createHash('sha256').update(der).digest('hex'),
      thisUpdate: thisUpdate.getTime(),
      entries: Object.fromEntries(entries.map(({ serial, reason }) => [serial, reason])),
      sentAt,
      receivedAt,
    };
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}

/** Watches an issuer while the load runs: its CRL, and the certificates that something happened to lately. */
export class Watch {
  readonly ocspSeen: OcspSeen[] = [];
  readonly crlsSeen: CrlSeen[] = [];
  /** Answers that said nothing: refused, unreachable. */
  silent = 0;
  readonly #watched: string[] = [];

  constructor(
    private readonly party: RelyingParty,
    private readonly issuer: IssuerToWatch,
    private readonly most = 60,
    /** Milliseconds between two questions. */
    private readonly pause = 5,
  ) {}

  add(serial: string): void {
    if (this.#watched.includes(serial)) return;
    this.#watched.push(serial);
    // Those that left were asked about often enough; they are asked once more at rest.
    if (this.#watched.length > this.most) this.#watched.shift();
  }

  async run(stop: AbortSignal): Promise<void> {
    await Promise.all([this.#watchOcsp(stop), this.#watchCrl(stop)]);
  }

  async #watchOcsp(stop: AbortSignal): Promise<void> {
    for (let turn = 0; !stop.aborted; turn++) {
      const serial = this.#watched[turn % Math.max(1, this.#watched.length)];
      await sleep(this.pause);
      if (serial === undefined) continue;
      const seen = await this.#heard(this.party.ocsp(serial, this.issuer, turn % 3 === 0));
      if (seen) this.ocspSeen.push(seen);
    }
  }

  async #watchCrl(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      await sleep(50);
      const seen = await this.#heard(this.party.crl(this.issuer));
      const last = this.crlsSeen.at(-1);
      // The same once more says nothing new.
      if (seen && (seen.number !== last?.number || seen.sha256 !== last.sha256)) this.crlsSeen.push(seen);
    }
  }

  async #heard<Seen>(asked: Promise<Seen | undefined>): Promise<Seen | undefined> {
    try {
      const seen = await asked;
      if (!seen) this.silent++;
      return seen;
    } catch (error) {
      // Out of reach is allowed; an answer that can't be verified is not.
      if (error instanceof Error && 'code' in error && /^(OCSP|CRL|CERTIFICATE)_/.test(String(error.code))) throw error;
      this.silent++;
      await sleep(50);
      return undefined;
    }
  }
}
