import type { IssuerId } from '@cartulary/domain';
import type { DumpedList } from '@cartulary/service';
import { Octets } from '@cartulary/x509';
import type { StateDump } from '../fold/responder-state.js';
import type { ServedCrl } from '../serve-crl/served-crls.js';
import { PAGE_OCTETS } from '../statuses/certificate-page.js';
import type { DumpedPage, StatusDump } from '../statuses/status-dump.js';
import { BlockReader, BlockWriter, UnreadableSnapshotError } from './block-file.js';
import { blocksOf, readPieces, writePieces } from './list-blocks.js';

/** The number changes with anything below, and with the meaning of a column of the table. */
const FORMAT = 'cartulary responder snapshot 2';
const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

type Prepared = NonNullable<DumpedList['prepared']>;
type Delta = NonNullable<Prepared['delta']>;
type Facts<Of, Bytes extends keyof Of> = { readonly [Fact in keyof Of as Fact extends Bytes ? never : Fact]: unknown };

/** The first block, as JSON; what it does not hold follows in the order in which it is mentioned here. */
interface Head {
  readonly trustDomain: string;
  /** The table's pages lie as they lay in memory. */
  readonly littleEndian: boolean;
  readonly position: number;
  readonly asOf: string;
  readonly issuers: StateDump['issuers'];
  /** Two blocks a page. */
  readonly statuses: Pick<StatusDump, 'base' | 'issuers' | 'odd' | 'pages'>;
  readonly lists: readonly (Facts<DumpedList, 'revoked' | 'prepared'> & {
    readonly blocks: number;
    /** With the number of its pieces, a block each; then those of its delta. */
    readonly prepared?: Facts<Prepared, 'pieces' | 'delta'> & {
      readonly pieces: number;
      readonly delta?: Facts<Delta, 'pieces'> & { readonly pieces: number };
    };
  })[];
  /** A block each. */
  readonly served: readonly Facts<ServedCrl & Named, 'octets'>[];
  readonly deltas: readonly Facts<ServedCrl & Named, 'octets'>[];
}

const headOf = ({ position, asOf, issuers, statuses, crls }: StateDump, trustDomain: string): Head => {
  const { base, issuers: order, odd, pages } = statuses;
  return {
    ...{ trustDomain, littleEndian, position, asOf: asOf.toISOString(), issuers },
    statuses: { base, issuers: order, odd, pages },
    lists: crls.lists.map(({ revoked, prepared, ...facts }) => ({
      ...facts,
      blocks: blocksOf({ revoked }),
      ...(prepared ? { prepared: preparedHead(prepared) } : {}),
    })),
    served: crls.served.map(({ octets: _octets, ...facts }) => facts),
    deltas: crls.deltas.map(({ octets: _octets, ...facts }) => facts),
  };
};

const preparedHead = ({ pieces, delta, ...facts }: Prepared) => ({
  ...{ ...facts, pieces: pieces.length },
  ...(delta ? { delta: { ...delta, pieces: delta.pieces.length } } : {}),
});

/** Resolves to its size in octets. */
export const writeSnapshot = (path: string, dump: StateDump, trustDomain: string): Promise<number> =>
  BlockWriter.write(path, FORMAT, async (file) => {
    await file.block(Buffer.from(JSON.stringify(headOf(dump, trustDomain))));
    for (let index = 0; index < dump.statuses.pages; index++) {
      const { memory, since } = dump.statuses.page(index);
      await file.block(new Uint8Array(memory));
      await file.block(new Uint8Array(since.buffer));
    }
    for (const list of dump.crls.lists) {
      await writePieces(file, list);
      for (const piece of list.prepared?.pieces ?? []) await file.block(piece);
      for (const piece of list.prepared?.delta?.pieces ?? []) await file.block(piece);
    }
    for (const { octets } of [...dump.crls.served, ...dump.crls.deltas]) await file.pieces(octets);
  });

export interface ReadSnapshot {
  readonly dump: StateDump;
  readonly pages: readonly DumpedPage[];
}

/** Undefined: there is none. Throws UnreadableSnapshotError. */
export const readSnapshot = (path: string, trustDomain: string): Promise<ReadSnapshot | undefined> =>
  BlockReader.read(path, FORMAT, async (file) => {
    const head = parse(await file.block());
    if (head.trustDomain !== trustDomain) throw new UnreadableSnapshotError(`it is of ${head.trustDomain}`);
    if (head.littleEndian !== littleEndian) throw new UnreadableSnapshotError('it is of another kind of machine');
    const pages: DumpedPage[] = [];
    for (let index = 0; index < head.statuses.pages; index++) pages.push(await readPage(file));
    const lists: DumpedList[] = [];
    for (const list of head.lists) lists.push(await readList(file, list));
    const served = await readCrls(file, head.served);
    const deltas = await readCrls(file, head.deltas);
    const { position, asOf, issuers, statuses } = head;
    const page = (index: number): DumpedPage => pages[index]!;
    const crls = { lists, served, deltas };
    const dump = { position, asOf: new Date(asOf), issuers, statuses: { ...statuses, page }, crls };
    return { dump, pages };
  });

interface Named {
  readonly issuerId: IssuerId;
}

// A block that a disk has damaged need not be JSON; what it says is believed with the checksum at the end.
const parse = (block: Buffer): Head => {
  try {
    return JSON.parse(block.toString()) as Head;
  } catch (error) {
    throw new UnreadableSnapshotError('its first block is damaged', { cause: error });
  }
};

const readPage = async (file: BlockReader): Promise<DumpedPage> => {
  const [memory, since] = [await file.block(), await file.block()];
  if (memory.length !== PAGE_OCTETS || since.length % 8 !== 0) throw new UnreadableSnapshotError('a page is damaged');
  return { memory: memory.buffer as ArrayBuffer, since: new Uint32Array(since.buffer as ArrayBuffer) };
};

const readList = async (
  file: BlockReader,
  { blocks, prepared, ...facts }: Head['lists'][number],
): Promise<DumpedList> => {
  const revoked = await readPieces(file, blocks);
  const list = { ...dated<Omit<DumpedList, 'revoked' | 'prepared'>>(facts), revoked };
  if (!prepared) return list;
  const { delta, ...common } = prepared;
  const pieces = await readBlocks(file, common.pieces);
  const preparation = { ...dated<Omit<Prepared, 'pieces' | 'delta'>>(common), pieces };
  if (!delta) return { ...list, prepared: preparation };
  const changes = await readBlocks(file, delta.pieces);
  return { ...list, prepared: { ...preparation, delta: { ...dated<Omit<Delta, 'pieces'>>(delta), pieces: changes } } };
};

const readBlocks = async (file: BlockReader, count: number): Promise<Buffer[]> => {
  const blocks: Buffer[] = [];
  for (let index = 0; index < count; index++) blocks.push(await file.block());
  return blocks;
};

const readCrls = async (file: BlockReader, heads: Head['served']): Promise<(ServedCrl & Named)[]> => {
  const crls: (ServedCrl & Named)[] = [];
  for (const facts of heads)
    crls.push({ ...dated<ServedCrl & Named>(facts), octets: new Octets([await file.block()]) });
  return crls;
};

const dates = ['thisUpdate', 'nextUpdate', 'preparedAt', 'expiredBefore'];

/** JSON made strings of the dates. */
const dated = <Of>(facts: object): Of => {
  const entries = Object.entries(facts as Record<string, unknown>);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, dates.includes(name) ? new Date(value as string) : value]),
  ) as Of;
};
