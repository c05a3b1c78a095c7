import { tlv } from '../asn1/der-writer.js';

/** One element, taken apart to be changed and put together again; lengths follow. */
export class DerTree {
  constructor(
    public tag: number,
    /** Of a primitive element. */
    public content: Buffer,
    /** Of a constructed one, in place of content. */
    public children?: DerTree[],
  ) {}

  /** Throws RangeError where the bytes are no DER; tags of one octet. */
  static parse(bytes: Buffer): DerTree {
    const [tree, end] = parseAt(bytes, 0);
    if (end !== bytes.length) throw new RangeError('bytes behind the element');
    return tree;
  }

  encode(): Buffer {
    return this.children ? tlv(this.tag, ...this.children.map((child) => child.encode())) : tlv(this.tag, this.content);
  }

  /** By the places of children, from the outside in. */
  at(...path: readonly number[]): DerTree {
    const [place, ...rest] = path;
    return place === undefined ? this : this.children![place]!.at(...rest);
  }

  /** In place: becomes what the bytes say. */
  become(bytes: Buffer): void {
    const { tag, content, children } = DerTree.parse(bytes);
    this.tag = tag;
    this.content = content;
    if (children) this.children = children;
    else delete this.children;
  }

  /** Every element, itself first. */
  all(): DerTree[] {
    return [this, ...(this.children ?? []).flatMap((child) => child.all())];
  }
}

const parseAt = (bytes: Buffer, start: number): [DerTree, number] => {
  const tag = bytes.readUInt8(start);
  let length = bytes.readUInt8(start + 1);
  let content = start + 2;
  if (length >= 0x80) {
    const count = length & 0x7f;
    length = bytes.readUIntBE(content, count);
    content += count;
  }
  const end = content + length;
  if (end > bytes.length) throw new RangeError('an element is cut off');
  if ((tag & 0x20) === 0) return [new DerTree(tag, bytes.subarray(content, end)), end];
  const children: DerTree[] = [];
  for (let at = content; at < end;) {
    const [child, next] = parseAt(bytes, at);
    children.push(child);
    at = next;
  }
  return [new DerTree(tag, Buffer.alloc(0), children), end];
};
