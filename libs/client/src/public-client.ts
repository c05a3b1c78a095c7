import { expandPath, publicRoutes, type SpiffeBundle } from '@cartulary/contracts';
import { Connection, eitherOf, type RawAnswer, type RawRequest } from './connection.js';
import { UnexpectedAnswerError } from './errors.js';
import { refuseFailure } from './read-answer.js';
import { withRetries } from './retry.js';

export interface PublicClientOptions {
  /** `http://127.0.0.1:8080`, as in the certificates' AIA and CDP. */
  readonly baseUrl: string | URL;
  /** Milliseconds, 10 000 unless said otherwise. */
  readonly timeout?: number;
  /** Repetitions, 2 unless said otherwise. */
  readonly retries?: number;
  /** Ends every call that is under way. */
  readonly signal?: AbortSignal;
}

/** What relying parties see: plain HTTP, DER. */
export class PublicClient {
  private readonly connection: Connection;

  constructor(private readonly options: PublicClientOptions) {
    this.connection = new Connection(options.baseUrl);
  }

  /** DER; RFC 5280, section 5. */
  crl(issuerId: string): Promise<Buffer> {
    return this.bytes({ path: expandPath(publicRoutes.getCrl.path, { issuerId }) });
  }

  /** DER. */
  issuerCertificate(issuerId: string): Promise<Buffer> {
    return this.bytes({ path: expandPath(publicRoutes.getIssuerCertificate.path, { issuerId }) });
  }

  /** Request and response are DER; RFC 6960. An answer of the responder is given also where its status is an error. */
  ocsp(request: Uint8Array, method: 'POST' | 'GET' = 'POST'): Promise<Buffer> {
    const accept = 'application/ocsp-response';
    if (method === 'GET') {
      const path = expandPath(publicRoutes.getOcsp.path, { request: Buffer.from(request).toString('base64') });
      return this.bytes({ path, headers: { accept } });
    }
    const headers = { accept, 'content-type': 'application/ocsp-request' };
    return this.bytes({ method, path: publicRoutes.postOcsp.path, headers, body: request });
  }

  async bundle(): Promise<SpiffeBundle> {
    const { path } = publicRoutes.getSpiffeBundle;
    const body = await this.bytes({ path });
    try {
      return JSON.parse(body.toString('utf8')) as SpiffeBundle;
    } catch {
      throw new UnexpectedAnswerError(this.connection.origin + path, 200, 'not JSON');
    }
  }

  close(): Promise<void> {
    return this.connection.close();
  }

  private async bytes(request: Partial<RawRequest> & { path: string }): Promise<Buffer> {
    const { timeout = 10_000, retries = 2, signal: given } = this.options;
    const signal = eitherOf(given);
    const attempt = async (): Promise<RawAnswer> => {
      const answer = await this.connection.request({ method: 'GET', timeout, ...signal, ...request });
      const type = String(answer.headers['content-type'] ?? '');
      // A responder that cannot say answers in OCSP's own words (RFC 6960, section 4.2.1), not in HTTP's.
      if (!type.startsWith('application/ocsp-response')) refuseFailure(answer, this.connection.origin + request.path);
      return answer;
    };
    return (await withRetries(attempt, { retries, repeatable: true, ...signal })).body;
  }
}

/** Fetches DER from wherever a certificate's AIA or CDP points. */
export const fetchPublication = async (url: string | URL, timeout = 10_000): Promise<Buffer> => {
  const target = new URL(url);
  const connection = new Connection(target.origin);
  try {
    const answer = await connection.request({ method: 'GET', path: target.pathname + target.search, timeout });
    refuseFailure(answer, target.href);
    return answer.body;
  } finally {
    await connection.close();
  }
};
