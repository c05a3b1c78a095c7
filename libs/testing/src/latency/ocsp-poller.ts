import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { publicRoutes } from '@cartulary/contracts';
import { buildOcspRequest, verifyOcspResponse } from '@cartulary/x509';

export type Says = 'good' | 'revoked' | 'unknown';

/** Milliseconds between an answer and the next question: what asking adds to a figure at most, its own way aside. */
export const POLL_MS = 2;
const PATIENCE_MS = 30_000;

/**
 * Asks one responder about one certificate at a time, over one connection that stays open. While it waits it only looks
 * at an answer's one octet that counts, and verifies the answer that counts once its time is taken: parsing each (a
 * responder signs anew whenever it is fresher) took more of the machine than all that is measured.
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
    const certId = Buffer.concat([Buffer.from([0x02, serial.length / 2]), Buffer.from(serial, 'hex')]);
    for (;;) {
      const response = await this.ask(asked);
      const at = performance.now();
      const said = statusIn(response, certId);
      if (said === says) {
        this.verify(response, serial);
        return at;
      }
      if (at > deadline) throw new Error(`${this.url} says ${said} of ${serial}, not ${says}`);
      await sleep(POLL_MS, undefined, signal ? { signal } : {});
    }
  }

  private verify(response: Buffer, serial: string): void {
    const { issuerCertificate } = this;
    verifyOcspResponse({ response, issuerCertificate, now: new Date(), serials: [serial] });
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

// RFC 6960, section 4.2.1: in a SingleResponse, certStatus follows the certID, whose last element is the serial.
const statusIn = (response: Buffer, serialNumber: Buffer): Says | undefined => {
  const found = response.indexOf(serialNumber);
  if (found < 0) return undefined;
  const tag = response[found + serialNumber.length];
  return tag === 0x80 ? 'good' : tag === 0xa1 ? 'revoked' : tag === 0x82 ? 'unknown' : undefined;
};
