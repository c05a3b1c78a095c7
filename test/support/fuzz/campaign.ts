import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '../faults/random.js';

const full = process.env['CARTULARY_FULL'] === '1';
const given = process.env['CARTULARY_FUZZ_SEED'];
/** One seed for the whole run; each campaign, and each input of it, has numbers of its own. */
export const seed = given === undefined ? Math.floor(Math.random() * 2 ** 32) : Number(given);
const replay = process.env['CARTULARY_FUZZ_REPLAY'];

export interface Campaign {
  readonly name: string;
  /** Inputs: in CI, and in the long run (CARTULARY_FULL=1). */
  readonly inputs: readonly [bounded: number, long: number];
  make(random: Random): Buffer;
  /** Throws where the input has shown a defect. Says what became of it, for counting. */
  check(input: Buffer): string | Promise<string>;
  /** Inputs on their way at once; 1 unless told. */
  readonly width?: number;
  /** A failing input is made smaller first; for checks that are fast and depend on nothing. */
  readonly shrinks?: boolean;
}

export interface Summary {
  readonly outcomes: ReadonlyMap<string, number>;
  readonly slowestMs: number;
}

const numberOf = (text: string): number => createHash('sha256').update(text).digest().readUInt32BE(0);

const fails = async (check: Campaign['check'], input: Buffer): Promise<boolean> => {
  try {
    await check(input);
    return false;
  } catch {
    return true;
  }
};

const maxTries = 400;

/** Leaves out what is not needed for the failure, larger pieces first. */
const shrink = async (check: Campaign['check'], failing: Buffer): Promise<Buffer> => {
  let smallest = failing;
  let tries = 0;
  for (let piece = failing.length >> 1; piece >= 1 && tries < maxTries; piece >>= 1) {
    for (let at = 0; at < smallest.length && tries < maxTries;) {
      const shorter = Buffer.concat([smallest.subarray(0, at), smallest.subarray(at + piece)]);
      tries++;
      if (await fails(check, shorter)) smallest = shorter;
      else at += piece;
    }
  }
  return smallest;
};

const keep = (name: string, number: number, input: Buffer): string => {
  const directory = process.env['CARTULARY_FUZZ_OUT'] ?? join(tmpdir(), 'cartulary-fuzz');
  mkdirSync(directory, { recursive: true });
  const path = join(directory, `${name.replaceAll(/\W+/g, '-')}-${seed}-${number}.hex`);
  writeFileSync(path, `# ${name}\n${input.toString('hex')}\n`);
  return path;
};

const attempt = async (campaign: Campaign, number: number, input: Buffer): Promise<string> => {
  try {
    return await campaign.check(input);
  } catch (error) {
    const smallest = campaign.shrinks ? await shrink(campaign.check, input) : input;
    const path = keep(campaign.name, number, smallest);
    const readable = smallest.length <= 512 ? `\n${smallest.toString('latin1').replaceAll(/[^\x20-\x7e]/g, '.')}` : '';
    throw new Error(
      `${campaign.name}: input ${number} of CARTULARY_FUZZ_SEED=${seed}: ${String(error)}${readable}\n` +
        `kept in ${path}; again: CARTULARY_FUZZ_REPLAY=${path} npm run test:fuzz`,
      { cause: error },
    );
  }
};

const replayed = (name: string): Buffer | undefined => {
  if (replay === undefined) return undefined;
  const [first = '', hex = ''] = readFileSync(replay, 'utf8').split('\n');
  return first === `# ${name}` ? Buffer.from(hex, 'hex') : undefined;
};

/** Runs a campaign, or the one input of it that CARTULARY_FUZZ_REPLAY names, and prints what came of it. */
export const fuzz = async (campaign: Campaign): Promise<Summary> => {
  const outcomes = new Map<string, number>();
  const base = new Random(seed).fork(numberOf(campaign.name));
  const again = replayed(campaign.name);
  const count = replay === undefined ? campaign.inputs[full ? 1 : 0] : again ? 1 : 0;
  const start = performance.now();
  let slowestMs = 0;
  let next = 0;
  let failed = false;
  const worker = async (): Promise<void> => {
    while (next < count && !failed) {
      const number = next++;
      const input = again ?? campaign.make(base.fork(number));
      const began = performance.now();
      const outcome = await attempt(campaign, number, input).catch((error: unknown) => {
        failed = true;
        throw error;
      });
      slowestMs = Math.max(slowestMs, performance.now() - began);
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: campaign.width ?? 1 }, worker));
  const seconds = (performance.now() - start) / 1_000;
  const rate = Math.round(count / seconds);
  console.log(
    `${campaign.name}: CARTULARY_FUZZ_SEED=${seed}, ${count} inputs in ${seconds.toFixed(1)} s (${rate}/s), ` +
      `slowest ${Math.round(slowestMs)} ms ${JSON.stringify(Object.fromEntries([...outcomes].sort()))}`,
  );
  return { outcomes, slowestMs };
};

/** Whether a campaign was run as a whole: what its outcomes must have in common is asked only then. */
export const isWhole = replay === undefined;
