import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildOcspRequest, verifyOcspResponse } from '@cartulary/x509';
import { issueSome, workloadIssuer } from '../lib/issuers.mjs';

const PATIENCE_MS = 60_000;

/** Certificates that a responder knows of, and questions about them. */
export class Certificates {
  static async issue({ place, cluster, ledger, count }) {
    const certificates = new Certificates();
    const { certificate } = await workloadIssuer(ledger);
    const serials = (await issueSome(cluster, count)).map(({ serial }) => serial);
    const { publicUrl } = cluster.one('responder');
    Object.assign(certificates, { place, publicUrl, serials, issuer: Buffer.from(certificate, 'base64') });
    for (const serial of serials) await certificates.#untilGood(serial);
    return certificates;
  }

  #path(serial) {
    return encodeURIComponent(buildOcspRequest(this.issuer, [serial]).toString('base64'));
  }

  async #ask(serial) {
    const answer = await fetch(`${this.publicUrl}/ocsp/${this.#path(serial)}`);
    return { answer, body: Buffer.from(await answer.arrayBuffer()) };
  }

  async #untilGood(serial) {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      const { body } = await this.#ask(serial);
      try {
        const now = new Date();
        verifyOcspResponse({ response: body, issuerCertificate: this.issuer, now, serials: [serial] });
        return;
      } catch (error) {
        if (performance.now() > deadline) throw error;
        await sleep(100);
      }
    }
  }

  /** Headers and bytes of a real answer, for the server that it is compared with. */
  async anAnswer() {
    const { answer, body } = await this.#ask(this.serials[0]);
    const own = ['connection', 'keep-alive', 'date', 'transfer-encoding'];
    const headers = Object.fromEntries([...answer.headers].filter(([name]) => !own.includes(name)));
    return { headers, body: body.toString('base64') };
  }

  async gets() {
    return this.#write(
      'gets.txt',
      this.serials.map((serial) => this.#path(serial)),
    );
  }

  /** Each with a nonce of its own. */
  async posts(count) {
    const asked = (n) =>
      buildOcspRequest(this.issuer, [this.serials[n % this.serials.length]], { nonce: randomBytes(16) });
    return this.#write(
      'posts.txt',
      Array.from({ length: count }, (_, n) => asked(n).toString('base64')),
    );
  }

  async #write(name, lines) {
    const file = this.place.file(name);
    await writeFile(file, lines.join('\n'));
    return file;
  }
}
