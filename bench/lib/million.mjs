import { workloadIssuer } from './issuers.mjs';
import { INVENTORY, ISSUANCE, REVOCATION, ROTATION } from './names.mjs';
import { Place } from './place.mjs';
import { fill } from './synthetic.mjs';

const REPLICAS = 30;
const REVOKED_SHARE = 0.1;

/**
 * A ledger with many certificates, a tenth as many revoked besides the live ones. Groups that need one share it within
 * a run; nothing of it outlives the run.
 */
export class Million {
  static #opened;
  #live = 0;
  #responders = 0;
  /** Number of one that is revoked. */
  revoked = 0;

  static open() {
    return (Million.#opened ??= Million.#make());
  }

  /** At the end of a run. */
  static async close() {
    const opened = await Million.#opened?.catch(() => undefined);
    await opened?.place.close();
  }

  static async #make() {
    const million = new Million();
    million.place = await Place.open();
    const responders = Array.from({ length: REPLICAS }, (_, index) => ['responder', `responder-${index}`]);
    const later = [...responders, REVOCATION, ROTATION, INVENTORY];
    Object.assign(million, await million.place.services({ replicas: [ISSUANCE], later }));
    million.issuer = await workloadIssuer(million.ledger);
    return million;
  }

  /** So many live ones, and a tenth revoked. */
  async fillTo(live, say) {
    if (live <= this.#live) return;
    const { url, issuer } = this;
    const [from, to] = [this.#live, live].map((count) => Math.round(count * (1 + REVOKED_SHARE)));
    const common = { url, issuerId: issuer.issuerId, certificate: issuer.certificate };
    const rate = await fill({ ...common, kind: 'issued', from, to });
    const revoked = Math.round((live - this.#live) * REVOKED_SHARE);
    await fill({ ...common, kind: 'revoked', version: 1, from, to: from + revoked });
    this.revoked = from;
    this.#live = live;
    say(`${live} live certificates in the ledger, filled in at ${Math.round(rate)}/s`);
  }

  /** Numbers of synthetic certificates. */
  get issued() {
    return Math.round(this.#live * (1 + REVOKED_SHARE));
  }

  /** A name that no responder had before. */
  nextResponder() {
    return ['responder', `responder-${this.#responders++}`];
  }
}
