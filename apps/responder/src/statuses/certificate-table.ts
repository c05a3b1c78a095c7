import { CertificatePage, PAGE, PAGE_BITS } from './certificate-page.js';
import type { SerialWords } from './serial-words.js';
import { NOTHING, type StatusCode } from './status-code.js';

/** Where a certificate lies; it stays there as long as the table knows it. */
export type Entry = number;

/** What fits beside a status in 16 bits. */
export const MOST_ISSUERS = 2 ** 12;
const WORD = 2 ** 32;
const EMPTY = 0;
const REMOVED = -1;
const LEAST_SLOTS = 1_024;
/** Slots are used up to here, then laid out anew at the other: about 6 octets a certificate. */
const FULLEST = 0.82;
const ROOMY = 0.68;

const IN_PAGE = PAGE - 1;

/** Of the four words from `at` on. */
const hash = (words: SerialWords, at: number, issuer: number): number => {
  const upper = words[at]! ^ Math.imul(words[at + 1]!, 0x9e3779b1);
  const lower = Math.imul(words[at + 2]!, 0x85ebca6b) ^ Math.imul(words[at + 3]!, 0xc2b2ae35);
  const mixed = upper ^ lower ^ issuer;
  const spread = Math.imul(mixed ^ (mixed >>> 15), 0x27d4eb2f);
  return (spread ^ (spread >>> 13)) >>> 0;
};

/**
 * Certificates by issuer and serial in flat memory: entries lie in pages in the order in which they came, and slots
 * lead to them by open addressing with linear probing. What leaves makes room for what comes.
 */
export class CertificateTable {
  readonly #pages: CertificatePage[] = [];
  readonly #free: Entry[] = [];
  #slots = new Int32Array(LEAST_SLOTS);
  /** Slots that are not empty. */
  #used = 0;
  /** Entries that were ever given out. */
  #end = 0;
  /** Positions are kept from here on; one that is lower counts as this one. */
  #base = 0;

  /** `pages` and `base` as they were dumped: the table takes the memory over. */
  constructor(pages: readonly ArrayBuffer[] = [], base = 0) {
    this.#base = base;
    this.#pages.push(...pages.map((memory) => new CertificatePage(memory)));
    this.#end = pages.length * PAGE;
    for (let entry = this.#end - 1; entry >= 0; entry--) if (this.status(entry) === NOTHING) this.#free.push(entry);
    if (this.#end > 0) this.#layOut();
  }

  get size(): number {
    return this.#end - this.#free.length;
  }

  /** Of flat memory. */
  get octets(): number {
    return this.#pages.reduce((sum, { memory }) => sum + memory.byteLength, this.#slots.byteLength);
  }

  /** Entries are below it. */
  get end(): Entry {
    return this.#end;
  }

  get base(): number {
    return this.#base;
  }

  find(words: SerialWords, issuer: number): Entry | undefined {
    for (let slot = this.#home(hash(words, 0, issuer)); ; slot = this.#next(slot)) {
      const held = this.#slots[slot]!;
      if (held === EMPTY) return undefined;
      if (held !== REMOVED && this.#is(held - 1, words, issuer)) return held - 1;
    }
  }

  /** Must not be there already. */
  add(words: SerialWords, issuer: number): Entry {
    if (this.#used + 1 > this.#slots.length * FULLEST) this.#layOut();
    const entry = this.#free.pop() ?? this.#end++;
    const page = (this.#pages[entry >> PAGE_BITS] ??= new CertificatePage());
    const at = entry & IN_PAGE;
    for (let word = 0; word < 4; word++) page.words[at * 4 + word] = words[word]!;
    page.tags[at] = issuer << 4;
    this.#occupy(entry, hash(words, 0, issuer));
    return entry;
  }

  remove(entry: Entry): void {
    let slot = this.#home(this.#hashOf(entry));
    while (this.#slots[slot] !== entry + 1) slot = this.#next(slot);
    this.#slots[slot] = REMOVED;
    this.#page(entry).tags[entry & IN_PAGE] = NOTHING;
    this.#free.push(entry);
  }

  /** NOTHING: there is none here. */
  status(entry: Entry): StatusCode {
    return this.#page(entry).tags[entry & IN_PAGE]! & 0xf;
  }

  /** Seconds; from 2106 on, the last that there is room for. */
  notAfter(entry: Entry): number {
    return this.#page(entry).ends[entry & IN_PAGE]!;
  }

  position(entry: Entry): number {
    return this.#base + this.#page(entry).positions[entry & IN_PAGE]!;
  }

  set(entry: Entry, status: StatusCode, notAfter: number, position: number): void {
    if (position - this.#base >= WORD) this.#rebase(position - WORD / 2);
    const page = this.#page(entry);
    page.tags[entry & IN_PAGE] = (page.tags[entry & IN_PAGE]! & 0xfff0) | status;
    page.ends[entry & IN_PAGE] = Math.min(Math.max(notAfter, 0), WORD - 1);
    page.positions[entry & IN_PAGE] = Math.max(position - this.#base, 0);
  }

  /** A page's own memory, which changes with the table. */
  get pages(): readonly ArrayBuffer[] {
    return this.#pages.map(({ memory }) => memory);
  }

  #page(entry: Entry): CertificatePage {
    return this.#pages[entry >> PAGE_BITS]!;
  }

  #is(entry: Entry, wanted: SerialWords, issuer: number): boolean {
    const { words, tags } = this.#page(entry);
    const at = (entry & IN_PAGE) * 4;
    const upper = words[at] === wanted[0] && words[at + 1] === wanted[1];
    return upper && words[at + 2] === wanted[2] && words[at + 3] === wanted[3] && tags[at / 4]! >>> 4 === issuer;
  }

  #hashOf(entry: Entry): number {
    const { words, tags } = this.#page(entry);
    const at = entry & IN_PAGE;
    return hash(words, at * 4, tags[at]! >>> 4);
  }

  #home(hashed: number): number {
    return Math.floor((hashed / WORD) * this.#slots.length);
  }

  #next(slot: number): number {
    return slot + 1 === this.#slots.length ? 0 : slot + 1;
  }

  #occupy(entry: Entry, hashed: number): void {
    let slot = this.#home(hashed);
    while (this.#slots[slot]! > EMPTY) slot = this.#next(slot);
    if (this.#slots[slot] === EMPTY) this.#used++;
    this.#slots[slot] = entry + 1;
  }

  /** Slots for all that is there and some more. */
  #layOut(): void {
    this.#slots = new Int32Array(Math.max(LEAST_SLOTS, Math.ceil(this.size / ROOMY)));
    this.#used = 0;
    for (let entry = 0; entry < this.#end; entry++) {
      if (this.status(entry) !== NOTHING) this.#occupy(entry, this.#hashOf(entry));
    }
  }

  // Only the newer of two positions is ever asked for, and what is this old has nothing older behind it.
  #rebase(base: number): void {
    const step = base - this.#base;
    for (const { positions } of this.#pages) {
      for (let at = 0; at < PAGE; at++) positions[at] = Math.max(positions[at]! - step, 0);
    }
    this.#base = base;
  }
}
