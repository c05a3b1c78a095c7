import type { Position } from '@cartulary/ledger';
import type { IssuerDirectory } from '@cartulary/service';
import { certificateJwk } from '@cartulary/x509';

/** Seconds after which a consumer should ask again. */
const refreshHint = 300;

/** SPIFFE Trust Domain and Bundle, section 4: the anchors of the mesh's workloads. */
export class TrustBundle {
  #anchors = '';
  #sequence: Position = 0;
  #document: { readonly sequence: Position; readonly json: Buffer } | undefined;

  constructor(private readonly issuers: IssuerDirectory) {}

  /** To be called after every event that the directory has folded: the sequence is the position of the last change. */
  follow(position: Position): void {
    const anchors = this.issuers
      .workloadAnchors()
      .map((anchor) => anchor.toString('base64'))
      .sort()
      .join();
    if (anchors === this.#anchors) return;
    this.#anchors = anchors;
    this.#sequence = position;
  }

  /** The same bytes from every responder that has folded the same events. */
  json(): Buffer {
    const sequence = this.#sequence;
    if (this.#document?.sequence !== sequence) this.#document = { sequence, json: this.#render(sequence) };
    return this.#document.json;
  }

  #render(sequence: Position): Buffer {
    const keys = this.issuers.workloadAnchors().map(certificateJwk);
    return Buffer.from(JSON.stringify({ keys, spiffe_sequence: sequence, spiffe_refresh_hint: refreshHint }));
  }
}
