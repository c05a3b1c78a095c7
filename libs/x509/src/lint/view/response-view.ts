import {
  childrenOf,
  contentOf,
  type Element,
  elementAt,
  expectTag,
  hexOf,
  notDer,
  onlyElement,
  rawOf,
} from '../der/element.js';
import { type TimeView, timeOf } from '../der/time.js';
import { type ExtensionView, extensionViews } from './extension-view.js';

export interface SingleView {
  readonly hashAlgorithm: string;
  readonly nameHash: Buffer;
  readonly keyHash: Buffer;
  readonly certId: Buffer;
  /** Context tag: good 0x80, revoked 0xa1, unknown 0x82. */
  readonly statusTag: number;
  readonly statusIsEmpty: boolean;
  readonly revokedAt: TimeView | undefined;
  /** CRLReason; undefined where it is left out, -1 where it is malformed. */
  readonly reason: number | undefined;
  readonly thisUpdate: TimeView;
  readonly nextUpdate: TimeView | undefined;
  readonly extensions: readonly ExtensionView[];
}

/** A ResponseData as its bytes say, RFC 6960, section 4.2.1. */
export interface ResponseView {
  readonly element: Element;
  readonly writesVersion: boolean;
  /** [1] Name or [2] KeyHash, header included. */
  readonly responderId: Element;
  readonly producedAt: TimeView;
  readonly responses: readonly SingleView[];
  readonly extensions: readonly ExtensionView[];
  readonly writesEmptyExtensions: boolean;
}

const inner = (element: Element): Element => {
  const child = elementAt(element.bytes, element.content, element.end);
  if (child.end !== element.end) throw notDer('an explicit tag holds other than one element');
  return child;
};

const reasonOf = (element: Element | undefined): number | undefined => {
  if (!element) return undefined;
  const code = expectTag(inner(expectTag(element, 0xa0)), 0x0a);
  return code.end - code.content === 1 ? code.bytes[code.content] : -1;
};

const singleView = (element: Element): SingleView => {
  const parts = childrenOf(expectTag(element, 0x30));
  const certId = expectTag(parts.shift(), 0x30);
  const [algorithm, name, key] = childrenOf(certId);
  const status = parts.shift();
  const thisUpdate = parts.shift();
  if (!status || !thisUpdate) throw notDer('a single response is cut off');
  const nextUpdate = parts[0]?.tag === 0xa0 ? parts.shift() : undefined;
  const extensions = parts[0]?.tag === 0xa1 ? parts.shift() : undefined;
  if (parts.length > 0) throw notDer('a single response has other parts');
  const revoked = status.tag === 0xa1 ? childrenOf(status) : [];
  return {
    hashAlgorithm: hexOf(expectTag(childrenOf(expectTag(algorithm, 0x30))[0], 0x06)),
    nameHash: contentOf(expectTag(name, 0x04)),
    keyHash: contentOf(expectTag(key, 0x04)),
    certId: rawOf(certId),
    statusTag: status.tag,
    statusIsEmpty: status.content === status.end,
    revokedAt: revoked[0] && timeOf(revoked[0]),
    reason: reasonOf(revoked[1]),
    thisUpdate: timeOf(thisUpdate),
    nextUpdate: nextUpdate && timeOf(inner(nextUpdate)),
    extensions: extensions ? extensionViews(inner(extensions)) : [],
  };
};

/** Throws DER_MALFORMED where the structure is another. */
export const responseView = (tbs: Buffer): ResponseView => {
  const element = onlyElement(tbs, 0x30);
  const parts = childrenOf(element);
  const version = parts[0]?.tag === 0xa0 ? parts.shift() : undefined;
  const responderId = parts.shift();
  const producedAt = parts.shift();
  const list = expectTag(parts.shift(), 0x30);
  const wrapped = parts[0]?.tag === 0xa1 ? parts.shift() : undefined;
  if (!responderId || !producedAt || parts.length > 0) throw notDer('a response has other parts');
  const extensions = wrapped ? extensionViews(inner(wrapped)) : [];
  return {
    element,
    writesVersion: version !== undefined,
    responderId,
    producedAt: timeOf(producedAt),
    responses: childrenOf(list).map(singleView),
    extensions,
    writesEmptyExtensions: wrapped !== undefined && extensions.length === 0,
  };
};
