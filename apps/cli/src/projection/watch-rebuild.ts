import { setTimeout as sleep } from 'node:timers/promises';
import type { ProjectionGeneration } from '@cartulary/contracts';
import { type Call, fail } from '../command.js';

const LOOK_MS = 500;

/** Says how far it is, on standard error, until it is over: asked, replaced already, or given up. */
export const watchRebuild = async (
  { client, output, context }: Call<object>,
  name: string,
  begun: ProjectionGeneration,
): Promise<ProjectionGeneration> => {
  const { signal } = context;
  let said = '';
  for (;;) {
    const { projections } = await client.listProjections({ signal });
    const projection = projections.find((each) => each.name === name);
    const now = projection?.generations.find(({ generation }) => generation === begun.generation);
    if (!projection || !now) return fail('refused', `generation ${begun.generation} of ${name} is gone`);
    const line = lineOf(now, projection.position);
    if (line !== said) output.note((said = line));
    if (now.status !== 'building' && now.status !== 'following') return now;
    await sleep(LOOK_MS, undefined, { signal });
  }
};

const lineOf = (now: ProjectionGeneration, position: number): string => {
  const rate = now.eventsPerSecond === undefined ? '' : `, ${now.eventsPerSecond} events/s`;
  const share = position === 0 ? 100 : Math.min(100, Math.floor((now.position / position) * 100));
  return `${now.status}: position ${now.position} of ${position} (${share} %)${rate}`;
};

/** What the comparison with the generation before said, for people. */
export const comparisonLines = ({ comparison, skipped }: ProjectionGeneration): readonly string[] => {
  const left = skipped.length > 0 ? [`  left out, since they can't be folded: events ${skipped.join(', ')}`] : [];
  if (!comparison) return left;
  const { position, same, tables } = comparison;
  const verdict = same ? 'the same content as before' : 'not what was there before';
  const rows = tables.map(({ table, rows, previousRows, checksum, previousChecksum }) => {
    const before = checksum === previousChecksum ? '' : ` (${previousRows} before, ${previousChecksum.slice(0, 16)})`;
    return `    ${table.padEnd(12)} ${String(rows).padStart(10)}  ${checksum.slice(0, 16)}${before}`;
  });
  return [`  at position ${position}: ${verdict}`, ...rows, ...left];
};
