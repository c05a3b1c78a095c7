import { DerTree } from '@cartulary/x509/testing';
import type { Random } from '../faults/random.js';

type Mutate = (bytes: Buffer, random: Random) => Buffer;

const place = (bytes: Buffer, random: Random): number => random.between(0, Math.max(0, bytes.length - 1));

const bytewise: readonly Mutate[] = [
  // A bit.
  (bytes, random) => {
    const copy = Buffer.from(bytes);
    copy[place(copy, random)]! ^= 1 << random.between(0, 7);
    return copy;
  },
  // An octet: the ones that mean something in DER are likelier.
  (bytes, random) => {
    const copy = Buffer.from(bytes);
    copy[place(copy, random)] = random.pick([0x00, 0x80, 0xff, 0x30, 0x31, 0x1f, 0x84, random.between(0, 255)]);
    return copy;
  },
  (bytes, random) => bytes.subarray(0, place(bytes, random)),
  (bytes, random) => Buffer.concat([bytes, random.bytes(random.between(1, 64))]),
  // Some octets gone, and some said twice.
  (bytes, random) => {
    const at = place(bytes, random);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + random.between(1, 16))]);
  },
  (bytes, random) => {
    const at = place(bytes, random);
    return Buffer.concat([bytes.subarray(0, at + random.between(1, 64)), bytes.subarray(at)]);
  },
];

const headers: readonly ((tag: number, content: Buffer, random: Random) => Buffer)[] = [
  (tag, content) => Buffer.concat([Buffer.from([tag, 0x80]), content, Buffer.alloc(2)]),
  (tag, content) => Buffer.concat([Buffer.from([tag, 0x84, 0xff, 0xff, 0xff, 0xff]), content]),
  (tag, content) => Buffer.concat([Buffer.from([tag, 0x84, 0x7f, 0xff, 0xff, 0xff]), content]),
  (tag, content) => Buffer.concat([Buffer.from([tag, 0x82, content.length >> 8, content.length & 0xff]), content]),
  (tag, content) => Buffer.concat([Buffer.from([tag, 0xff]), content]),
  (tag, content, random) =>
    Buffer.concat([Buffer.from([tag, Math.max(0, Math.min(127, content.length + random.between(-3, 3)))]), content]),
  (_tag, content) => Buffer.concat([Buffer.from([0x3f, 0x81, 0x01, content.length & 0x7f]), content]),
];

/** An element with a header that does not fit, in place of the right one; what is around it goes on fitting. */
const badHeader: Mutate = (bytes, random) => {
  const tree = DerTree.parse(bytes);
  const target = random.pick(tree.all());
  const content = target.children ? Buffer.concat(target.children.map((child) => child.encode())) : target.content;
  const raw = random.pick(headers)(target.tag, content, random);
  target.encode = () => raw;
  return tree.encode();
};

const strings = [
  Buffer.from('\0'),
  Buffer.from('a'.repeat(5_000)),
  Buffer.from('fffe80c0', 'hex'),
  Buffer.from('../../../etc/passwd'),
  Buffer.from('spiffe://cluster.local:80@evil.org/a'),
  Buffer.from('%s%n${jndi:ldap://a}\r\nX: y'),
  Buffer.from('💥'.repeat(40)),
];

const structural: readonly ((tree: DerTree, random: Random) => void)[] = [
  (tree, random) => void (random.pick(tree.all()).tag = random.between(0, 255) & 0xdf),
  (tree, random) => {
    const parent = random.pick(parents(tree));
    parent.children!.splice(random.between(0, parent.children!.length - 1), 1);
  },
  (tree, random) => {
    const parent = random.pick(parents(tree));
    const copies = random.pick([1, 1, 1, 20, 300]);
    const child = random.pick(parent.children!);
    parent.children!.push(...Array.from({ length: copies }, () => child));
  },
  (tree, random) => void random.pick(parents(tree)).children!.reverse(),
  (tree, random) => {
    const target = random.pick(tree.all());
    let nested = target.encode();
    for (let depth = random.pick([1, 2, 9, 40, 400]); depth > 0; depth--) {
      nested = new DerTree(0x30, nested).encode();
    }
    target.encode = () => nested;
  },
  // Numbers of any size, also negative and padded ones.
  (tree, random) => {
    const numbers = tree.all().filter(({ tag }) => tag === 0x02);
    if (numbers.length > 0) random.pick(numbers).content = random.bytes(random.pick([0, 1, 17, 21, 200, 4_000]));
  },
  (tree, random) => {
    const identifiers = tree.all().filter(({ tag }) => tag === 0x06);
    const values = [Buffer.alloc(0), Buffer.alloc(60, 0xff), Buffer.from('8055', 'hex'), random.bytes(9)];
    if (identifiers.length > 1)
      random.pick(identifiers).content = random.pick([...values, random.pick(identifiers).content]);
  },
  (tree, random) => {
    const texts = tree.all().filter(({ tag, children }) => !children && tag !== 0x02 && tag !== 0x06);
    if (texts.length > 0) random.pick(texts).content = random.pick(strings);
  },
  // Another part of the same structure where it does not belong.
  (tree, random) => {
    const [from, to] = [random.pick(tree.all()), random.pick(tree.all())];
    const raw = from.encode();
    to.encode = () => raw;
  },
];

const parents = (tree: DerTree): DerTree[] => {
  const found = tree.all().filter(({ children }) => children && children.length > 0);
  return found.length > 0 ? found : [new DerTree(0x30, Buffer.alloc(0), [tree])];
};

const grammatical: Mutate = (bytes, random) => {
  const tree = DerTree.parse(bytes);
  random.pick(structural)(tree, random);
  return tree.encode();
};

/** One to three changes of something good; now and then nothing but chance. */
export const mutateDer = (seeds: readonly Buffer[], random: Random): Buffer => {
  if (random.next() < 0.03) return random.bytes(random.between(0, 600));
  let bytes = random.pick(seeds);
  for (let changes = random.pick([1, 1, 2, 3]); changes > 0; changes--) bytes = mutateOnce(bytes, random);
  return bytes;
};

/** Only changes after which the whole is DER still; for what is signed afterwards. */
export const mutateGrammar = (bytes: Buffer, random: Random): Buffer => {
  const tree = DerTree.parse(bytes);
  for (let changes = random.pick([1, 1, 2]); changes > 0; changes--) random.pick(structural)(tree, random);
  return tree.encode();
};

const mutateOnce: Mutate = (bytes, random) => {
  const mutate = random.pick([random.pick(bytewise), random.pick(bytewise), badHeader, grammatical, grammatical]);
  try {
    return mutate(bytes, random);
  } catch (error) {
    // What an earlier change left is no DER any more: octets will do.
    if (error instanceof RangeError) return random.pick(bytewise)(bytes, random);
    throw error;
  }
};
