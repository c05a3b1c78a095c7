import { CertListOctets } from '../../crl/cert-list-octets.js';
import { rememberedPieces } from '../../crl/entry-pieces.js';
import { type Faults } from '../crl/entry-faults.js';
import type { LintedEntries } from '../crl/linted-entries.js';
import { faultsIn } from '../crl/linted-pieces.js';
import { canonicalProblem } from '../der/canonical.js';
import { childrenOf, type Element, elementAt, expectTag, notDer, onlyElement, rawOf } from '../der/element.js';
import { type TimeView, timeOf } from '../der/time.js';
import { type ExtensionView, extensionViews } from './extension-view.js';
import { type NameView, nameView } from './name-view.js';

/** A TBSCertList as its bytes say, RFC 5280, section 5.1. */
export interface CrlView {
  /** As written: 1 means version 2; undefined where it is left out. */
  readonly version: number | undefined;
  /** AlgorithmIdentifier, DER, in hex. */
  readonly signatureAlgorithm: string;
  readonly issuer: NameView;
  readonly thisUpdate: TimeView;
  readonly nextUpdate: TimeView | undefined;
  /** revokedCertificates is written and empty. */
  readonly writesEmptyList: boolean;
  readonly hasEntries: boolean;
  readonly entryFaults: Faults;
  readonly extensions: readonly ExtensionView[];
  /** What about everything but the entries is not DER. */
  readonly frameProblem: string | undefined;
}

const isTime = (element: Element | undefined): boolean => element?.tag === 0x17 || element?.tag === 0x18;

/** Top-level parts in their order, and where the entries' faults are. */
interface Read {
  readonly parts: readonly Element[];
  faults(list: Element): Faults;
}

// Not childrenOf the list: it may have a million.
const readWhole = (tbs: Buffer): Read => ({
  parts: childrenOf(onlyElement(tbs, 0x30)),
  faults: (list) => faultsIn(tbs.subarray(list.content, list.end), rememberedPieces(tbs)),
});

/**
 * The frame as one would read it in the whole: lengths count what lies in the pieces between. The list of entries must
 * be the last that the head begins, and hold exactly these pieces.
 */
const readPieces = ({ head, entries, tail, length }: CertListOctets, linted: LintedEntries): Read => {
  const outer = expectTag(elementAt(head, 0, length), 0x30);
  if (outer.end !== length) throw notDer('there are bytes behind the element');
  const listed = length - head.length - tail.length;
  const before: Element[] = [];
  for (let at = outer.content; at < head.length;) {
    const element = elementAt(head, at, length);
    before.push(element);
    const holdsEntries = element.content === head.length && element.end === head.length + listed && listed > 0;
    if (element.end > head.length && !holdsEntries) throw notDer('the list is not as long as its entries');
    at = Math.min(element.end, head.length);
    if (holdsEntries) break;
  }
  if (listed > 0 && before.at(-1)?.end !== head.length + listed) throw notDer('entries stand in no list');
  const behind: Element[] = [];
  for (let at = 0; at < tail.length;) {
    const element = elementAt(tail, at, tail.length);
    behind.push(element);
    at = element.end;
  }
  return { parts: [...before, ...behind], faults: () => linted.faultsOf(entries) };
};

/** `linted`: what is known of the entries of the same key's CRLs. */
export const crlView = (tbs: Buffer | CertListOctets, linted: LintedEntries): CrlView => {
  const read = tbs instanceof CertListOctets ? readPieces(tbs, linted) : readWhole(tbs);
  const parts = [...read.parts];
  const frame = read.parts;
  const version = parts[0]?.tag === 0x02 ? parts.shift() : undefined;
  const algorithm = expectTag(parts.shift(), 0x30);
  const issuer = expectTag(parts.shift(), 0x30);
  const thisUpdate = parts.shift();
  if (!thisUpdate || !isTime(thisUpdate)) throw notDer('thisUpdate is missing');
  const nextUpdate = isTime(parts[0]) ? parts.shift() : undefined;
  const list = parts[0]?.tag === 0x30 ? parts.shift() : undefined;
  const wrapped = parts[0]?.tag === 0xa0 ? parts.shift() : undefined;
  if (parts.length > 0) throw notDer('a CRL has other parts');
  const empty = list !== undefined && list.content === list.end;
  return {
    version: version && version.bytes[version.content],
    signatureAlgorithm: rawOf(algorithm).toString('hex'),
    issuer: nameView(issuer),
    thisUpdate: timeOf(thisUpdate),
    nextUpdate: nextUpdate && timeOf(nextUpdate),
    writesEmptyList: empty,
    hasEntries: list !== undefined && !empty,
    entryFaults: list ? read.faults(list) : new Map(),
    extensions: wrapped ? extensionViews(elementAt(wrapped.bytes, wrapped.content, wrapped.end)) : [],
    frameProblem: frame
      .filter((part) => part !== list)
      .map(canonicalProblem)
      .find((problem) => problem !== undefined),
  };
};
