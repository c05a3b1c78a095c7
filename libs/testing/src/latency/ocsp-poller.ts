import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { publicRoutes } from '@cartulary/contracts';
import { buildOcspRequest, parseOcspResponse, verifyOcspResponse } from '@cartulary/x509';

export type Says = 'good' | 'revoked' | 'unknown';

/** Milliseconds between an answer and the next question: what asking adds to a figure at most, its own way aside. */
export const POLL_MS = 2;
const PATIENCE_MS = 30_000;

/**
 * Asks one responder about one certificate at a time, over one connection that stays open. An answer that is the
 * last one over again is not even parsed: asking must not take from the machine what is measured.
 */
export class OcspPoller {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 1 });

  constructor(
    private readonly url: string,
    /** DER. */
    private readonly issuerCertificate: Buffer,
  ) {}

  /** When (performance.now()) the first answer arrived that says so. */
  async until(serial: string, says: Says, signal?: AbortSignal): Promise<number> {
    const asked = buildOcspRequest(this.issuerCertificate, [serial]);
    const deadline = performance.now() + PATIENCE_MS;
    let last: Buffer = Buffer.alloc(0);
    let said: string | undefined;
    for (;;) {
      const response = await this.ask(asked);
      const at = performance.now();
      if (!response.equals(last)) said = this.read(response, serial);
      if (said === says) return at;
      last = response;
      if (at > deadline) throw new Error(`${this.url} says ${said} of ${serial}, not ${says}`);
      await sleep(POLL_MS, undefined, signal ? { signal } : {});
    }
  }

  private read(response: Buffer, serial: string): string | undefined {
    const { issuerCertificate } = this;
    const { status } = parseOcspResponse(response);
    if (status !== 'successful') return status;
    const verified = verifyOcspResponse({ response, issuerCertificate, now: new Date(), serials: [serial] });
    return verified.responses[0]?.status.type;
  }

  private async ask(body: Buffer): Promise<Buffer> {
    const headers = { 'content-type': 'application/ocsp-request', 'content-length': body.length };
    const asking = request(new URL(publicRoutes.postOcsp.path, this.url), {
      method: 'POST',
      agent: this.agent,
      headers,
    });
    asking.end(body);
    const [answer] = (await once(asking, 'response')) as [IncomingMessage];
    const parts: Buffer[] = [];
    for await (const part of answer) parts.push(part as Buffer);
    return Buffer.concat(parts);
  }

  close(): void {
    this.agent.destroy();
  }
}
