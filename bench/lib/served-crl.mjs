import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 2;
const PATIENCE_MS = 300_000;

/** A CRL as a relying party gets it, asked for again and again until it holds something. */
export class ServedCrl {
  bytes = Buffer.alloc(0);
  #etag = '';

  constructor(url) {
    this.url = url;
  }

  /** Whether there was a new one. */
  async #refresh() {
    const answer = await fetch(this.url, { headers: this.#etag ? { 'if-none-match': this.#etag } : {} });
    const body = Buffer.from(await answer.arrayBuffer());
    if (answer.status !== 200) return false;
    this.#etag = answer.headers.get('etag') ?? '';
    this.bytes = body;
    return true;
  }

  async #until(done) {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      if ((await this.#refresh().catch(() => false)) && done()) return performance.now();
      if (performance.now() > deadline) throw new Error(`${this.url} has not what was waited for`);
      await sleep(POLL_MS);
    }
  }

  /** So many entries of synthetic certificates, with a reason: each is 50 octets long. */
  async untilLarge(entries) {
    await this.#until(() => this.bytes.length >= 50 * entries);
  }

  untilHas(serial) {
    const number = Buffer.from(serial, 'hex');
    const encoded = Buffer.concat([Buffer.from([0x02, number.length]), number]);
    return this.#until(() => this.bytes.includes(encoded));
  }
}
