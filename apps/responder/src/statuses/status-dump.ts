/** A page of the table as it was at one moment. */
export interface DumpedPage {
  readonly memory: ArrayBuffer;
  /** Entry and seconds, in turn, of what is not good. */
  readonly since: Uint32Array;
}

/** A StatusIndex taken apart. */
export interface StatusDump {
  readonly base: number;
  /** Issuers by their index. */
  readonly issuers: readonly string[];
  /** Certificates that the table has no room for, as JSON. */
  readonly odd: readonly unknown[];
  readonly pages: number;
  /** @throws when the table has been laid out anew since */
  page(index: number): DumpedPage;
}
