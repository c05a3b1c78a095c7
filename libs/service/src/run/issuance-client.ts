import {
  CartularyClient,
  type ClientOptions,
  ProblemError,
  UnexpectedAnswerError,
  UnreachableError,
} from '@cartulary/client';
import { derChainToPem } from '@cartulary/x509';
import type { IssuerDirectory } from '../issuer-directory.js';
import type { CertificateSource, CertificateWanted, OwnCertificates } from './own-certificates.js';

const ANSWER_MS = 10_000;

/** The issuance service, wherever it answers, called with this service's own certificate. */
export class IssuanceClient {
  #clients: readonly CartularyClient[] = [];
  #madeWith = '';
  /** Index of the one that answered last. */
  #preferred = 0;

  constructor(
    private readonly urls: readonly string[],
    private readonly own: Pick<OwnCertificates, 'get'>,
    private readonly issuers: Pick<IssuerDirectory, 'meshAnchors'>,
    private readonly connect = (options: ClientOptions) => new CartularyClient(options),
  ) {}

  /** Asks one after the other until one decides. What is asked has to be idempotent. */
  async call<Result>(ask: (client: CartularyClient) => Promise<Result>): Promise<Result> {
    const clients = this.#current();
    let failure: unknown;
    for (const offset of clients.keys()) {
      const index = (this.#preferred + offset) % clients.length;
      try {
        const result = await ask(clients[index]!);
        this.#preferred = index;
        return result;
      } catch (error) {
        if (!isUnavailable(error)) throw error;
        failure = error;
      }
    }
    throw failure;
  }

  async close(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
  }

  /** The certificate is part of a connection, and so is whom it trusts: new ones need new connections. */
  #current(): readonly CartularyClient[] {
    const { key, cert, serial } = this.own.get('service');
    const ca = derChainToPem(this.issuers.meshAnchors());
    if (this.#madeWith === serial + ca) return this.#clients;
    const old = this.#clients;
    const tls = { key, cert, ca };
    const retries = this.urls.length > 1 ? 0 : 2;
    this.#clients = this.urls.map((baseUrl) => this.connect({ baseUrl, tls, timeout: ANSWER_MS, retries }));
    this.#madeWith = serial + ca;
    for (const client of old) client.close().catch(() => undefined);
    return this.#clients;
  }
}

/** This replica can't answer; another one may. */
const isUnavailable = (error: unknown): boolean =>
  error instanceof UnreachableError ||
  error instanceof UnexpectedAnswerError ||
  (error instanceof ProblemError && error.status >= 500);

/** Renews at issuance, with the very certificate that is renewed. */
export class IssuanceSource implements CertificateSource {
  readonly first = false;
  constructor(private readonly issuance: IssuanceClient) {}

  obtain({ csr, predecessor = '' }: CertificateWanted): Promise<{ certificate: string; chain: string }> {
    return this.issuance.call((client) => client.renewCertificate({ params: { serial: predecessor }, body: { csr } }));
  }
}
