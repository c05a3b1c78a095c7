import { childrenOf, contentOf, type Element, expectTag, hexOf, notDer } from '../der/element.js';

export interface ExtensionView {
  readonly oid: string;
  readonly critical: boolean;
  /** The flag is written and says FALSE, which is the default. */
  readonly writesDefault: boolean;
  /** extnValue's content. */
  readonly value: Buffer;
}

const extensionView = (element: Element): ExtensionView => {
  const parts = childrenOf(expectTag(element, 0x30));
  const oid = hexOf(expectTag(parts[0], 0x06));
  const flag = parts.length === 3 ? expectTag(parts[1], 0x01) : undefined;
  if (parts.length !== (flag ? 3 : 2)) throw notDer('an extension has other parts than three');
  const critical = flag !== undefined && flag.bytes[flag.content] !== 0;
  const value = contentOf(expectTag(parts.at(-1), 0x04));
  return { oid, critical, writesDefault: flag !== undefined && !critical, value };
};

/** Of an Extensions SEQUENCE, in its order. */
export const extensionViews = (element: Element): ExtensionView[] =>
  childrenOf(expectTag(element, 0x30)).map(extensionView);

/** By identifier; of several the first. */
export const byOid = (extensions: readonly ExtensionView[], oid: string): ExtensionView | undefined => {
  for (const extension of extensions) if (extension.oid === oid) return extension;
  return undefined;
};

export const repeatedOid = (extensions: readonly ExtensionView[]): string | undefined => {
  for (let i = 1; i < extensions.length; i++) {
    for (let j = 0; j < i; j++) if (extensions[j]!.oid === extensions[i]!.oid) return extensions[i]!.oid;
  }
  return undefined;
};
