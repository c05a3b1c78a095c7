import { setTimeout as sleep } from 'node:timers/promises';
import type { Rotation } from '@cartulary/contracts';
import type { Call } from '../command.js';
import { Verdict } from '../exit-codes.js';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;
const BAR = 24;

/** Asks until none remains, and shows how far it is: a bar on a terminal, else a line where something has changed. */
export const waitUntilCompleted = async (call: Call<object>, ordered: Rotation): Promise<Rotation> => {
  const { client, context } = call;
  const show = progressOf(call);
  let rotation = ordered;
  for (let pause = FIRST_PAUSE_MS; rotation.status !== 'completed'; pause = Math.min(LONGEST_PAUSE_MS, pause * 2)) {
    await sleep(pause, undefined, { signal: context.signal }).catch(() => undefined);
    if (context.signal.aborted) {
      show.end();
      throw new Verdict('interrupted');
    }
    rotation = await client.getRotation({ params: { rotationId: ordered.rotationId } });
    show.at(rotation);
  }
  show.end();
  return rotation;
};

const progressOf = ({ output, context }: Call<object>) => {
  let last = '';
  const changed = (rotation: Rotation, print: (text: string) => void): void => {
    const text = textOf(rotation);
    if (rotation.status === 'ordered' || text === last) return;
    last = text;
    print(text);
  };
  // What programs read is the end.
  if (output.json) return { at: () => undefined, end: () => undefined };
  if (!context.interactive) {
    return { at: (rotation: Rotation) => changed(rotation, (text) => output.line(text)), end: () => undefined };
  }
  // To standard error, each over the one before.
  const paint = (rotation: Rotation) => (text: string) => {
    const line = `${barOf(rotation)} ${text}`.slice(0, Math.max(0, context.columns - 1));
    context.err(`\r${line}\u001b[K`);
  };
  return {
    at: (rotation: Rotation) => changed(rotation, paint(rotation)),
    end: () => (last === '' ? undefined : context.err('\n')),
  };
};

const textOf = ({ progress: { matched, due, replaced, ended, remaining } }: Rotation): string =>
  `${replaced + ended} of ${matched} done, ${remaining} remaining, ${due} had their turn`;

const barOf = ({ progress: { matched, remaining } }: Rotation): string => {
  const share = matched === 0 ? 1 : (matched - remaining) / matched;
  const full = Math.floor(BAR * share);
  return `${'█'.repeat(full)}${'░'.repeat(BAR - full)} ${String(Math.floor(100 * share)).padStart(3)} %`;
};
