import { rememberedPieces } from '../../crl/entry-pieces.js';
import { type Faults } from '../crl/entry-faults.js';
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

// Not childrenOf the list: it may have a million.
export const crlView = (tbs: Buffer): CrlView => {
  const parts = childrenOf(onlyElement(tbs, 0x30));
  const frame = [...parts];
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
    version: version && tbs[version.content],
    signatureAlgorithm: rawOf(algorithm).toString('hex'),
    issuer: nameView(issuer),
    thisUpdate: timeOf(thisUpdate),
    nextUpdate: nextUpdate && timeOf(nextUpdate),
    writesEmptyList: empty,
    hasEntries: list !== undefined && !empty,
    entryFaults: list ? faultsIn(tbs.subarray(list.content, list.end), rememberedPieces(tbs)) : new Map(),
    extensions: wrapped ? extensionViews(elementAt(tbs, wrapped.content, wrapped.end)) : [],
    frameProblem: frame
      .filter((part) => part !== list)
      .map(canonicalProblem)
      .find((problem) => problem !== undefined),
  };
};
