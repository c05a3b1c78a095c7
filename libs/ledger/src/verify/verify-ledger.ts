import { leafHash } from '../envelope.js';

/** A pg Pool or Client; to check everything, of a role that may read the ledger. */
export interface Queryable {
  query(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>;
}

export interface VerifyOptions {
  /** First position; 1. Streams are followed from their first event in the range. */
  readonly from?: number;
  /** Last position; the ledger's head, and then the heads are checked too. */
  readonly to?: number;
  /** How many problems to report before it stops; 100. */
  readonly limit?: number;
}

export interface Verification {
  readonly events: number;
  /** Empty: the ledger is what it should be. */
  readonly problems: readonly string[];
}

interface Row {
  readonly position: string;
  readonly committed_at: string;
  readonly version: string;
  readonly event_id: string;
  readonly stream: string;
  readonly type: string;
  readonly envelope: Buffer;
  readonly leaf_hash: Buffer;
}

interface Stream {
  readonly first: number;
  last: number;
  version: number;
}

const PAGE = 2_000;
const KEYS = 'id,stream,version,type,schemaVersion,recordedAt,actor,correlationId,causationId,data';
const READ = `SELECT position, committed_at::text, version, event_id, stream, type, envelope, leaf_hash
  FROM cartulary.events WHERE position BETWEEN $1 AND $2 ORDER BY position LIMIT ${PAGE}`;

/**
 * Checks the stored rows against their envelopes: positions without a gap, versions of each stream consecutive,
 * every column and leaf hash derived from the envelope, commit times monotone, ids unique, heads right.
 */
export async function verifyLedger(database: Queryable, options: VerifyOptions = {}): Promise<Verification> {
  const from = options.from ?? 1;
  const check = new Check(from, options.limit ?? 100);
  const head = await readHead(database);
  const to = options.to ?? head;
  for (let next = from; next <= to && !check.full; next = check.expected) {
    const { rows } = await database.query(READ, [next, to]);
    for (const row of rows as Row[]) check.event(row);
    if (rows.length === 0) {
      check.problem(`positions ${next} to ${to} are missing`);
      break;
    }
  }
  if (options.to === undefined && !check.full) await checkBeyondAndHeads(database, check, head, from);
  return { events: check.events, problems: check.problems };
}

class Check {
  readonly problems: string[] = [];
  readonly streams = new Map<string, Stream>();
  private readonly ids = new Set<string>();
  private committedAt = '';
  events = 0;

  constructor(
    public expected: number,
    private readonly limit: number,
  ) {}

  get full(): boolean {
    return this.problems.length >= this.limit;
  }

  problem(text: string): void {
    this.problems.push(text);
  }

  event(row: Row): void {
    const position = Number(row.position);
    const wrong = (what: string): void => this.problem(`position ${position}: ${what}`);
    if (position !== this.expected) wrong(`follows ${this.expected - 1}`);
    this.expected = position + 1;
    this.events++;
    if (row.committed_at < this.committedAt) wrong('committed before its predecessor');
    this.committedAt = row.committed_at;
    if (this.ids.has(row.event_id)) wrong(`its id ${row.event_id} is there twice`);
    this.ids.add(row.event_id);
    if (!leafHash(row.envelope).equals(row.leaf_hash)) wrong('the leaf hash is not that of the envelope');
    for (const column of columnsUnlike(row)) wrong(`${column} is not what the envelope says`);
    this.version(row, position, wrong);
  }

  private version(row: Row, position: number, wrong: (what: string) => void): void {
    const version = Number(row.version);
    const stream = this.streams.get(row.stream);
    if (!stream) {
      this.streams.set(row.stream, { first: position, last: position, version });
      return;
    }
    if (version !== stream.version + 1) wrong(`version ${version} of ${row.stream} follows ${stream.version}`);
    stream.version = version;
    stream.last = position;
  }
}

function columnsUnlike(row: Row): string[] {
  let wire: Record<string, unknown>;
  try {
    wire = JSON.parse(row.envelope.toString('utf8')) as Record<string, unknown>;
  } catch {
    return ['nothing: it is no JSON, every column'];
  }
  const columns: Record<string, unknown> = {
    stream: row.stream,
    version: Number(row.version),
    type: row.type,
    id: row.event_id,
  };
  const unlike = Object.keys(columns).filter((column) => columns[column] !== wire[column]);
  return Object.keys(wire).join() === KEYS ? unlike : [...unlike, 'the order of keys'];
}

async function readHead(database: Queryable): Promise<number> {
  const { rows } = await database.query('SELECT position FROM cartulary.ledger_head');
  return Number((rows as { position: string }[])[0]?.position);
}

// Only a ledger at rest can be compared with its heads.
async function checkBeyondAndHeads(database: Queryable, check: Check, head: number, from: number): Promise<void> {
  const beyond = await database.query('SELECT count(*) AS n FROM cartulary.events WHERE position > $1', [head]);
  const more = Number((beyond.rows as { n: string }[])[0]?.n);
  if (more > 0) check.problem(`${more} events lie beyond the head ${head}`);
  const { rows } = await database.query(
    'SELECT stream, version, first_position, last_position FROM cartulary.stream_heads',
  );
  const heads = rows as { stream: string; version: string; first_position: string; last_position: string }[];
  const seen = heads.filter(({ last_position }) => Number(last_position) >= from);
  for (const { stream, version, first_position, last_position } of seen) {
    const found = check.streams.get(stream);
    const same = found && found.version === Number(version) && found.last === Number(last_position);
    if (!same || (from === 1 && found.first !== Number(first_position)))
      check.problem(`the head of ${stream} is wrong`);
  }
  if (seen.length !== check.streams.size) check.problem(`${check.streams.size} streams have ${seen.length} heads`);
}
