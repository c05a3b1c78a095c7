import { setTimeout as sleep } from 'node:timers/promises';
import type { Incident } from '@cartulary/contracts';
import type { Call } from '../command.js';
import { Verdict } from '../exit-codes.js';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1_000;
const BAR = 24;

/** Asks until it is contained, and shows how far it is: a bar on a terminal, else a line where something has changed. */
export const waitUntilContained = async (call: Call<object>, declared: Incident): Promise<Incident> => {
  const { client, context } = call;
  const { incidentId } = declared;
  const show = progressOf(call);
  let incident = declared;
  for (let pause = FIRST_PAUSE_MS; isUnderWay(incident); pause = Math.min(LONGEST_PAUSE_MS, pause * 2)) {
    await sleep(pause, undefined, { signal: context.signal }).catch(() => undefined);
    if (context.signal.aborted) {
      show.end();
      throw new Verdict('interrupted');
    }
    incident = await client.getIncident({ params: { incidentId } });
    show.at(incident);
  }
  show.end();
  return incident;
};

const isUnderWay = ({ status }: Incident): boolean => status === 'declared' || status === 'running';

const progressOf = ({ output, context }: Call<object>) => {
  let last = '';
  const changed = (incident: Incident, print: (text: string) => void): void => {
    const text = textOf(incident);
    if (text === last) return;
    last = text;
    print(text);
  };
  // What programs read is the end.
  if (output.json) return { at: () => undefined, end: () => undefined };
  if (!context.interactive) {
    return { at: (incident: Incident) => changed(incident, (text) => output.line(text)), end: () => undefined };
  }
  // To standard error, each over the one before.
  const paint = (incident: Incident) => (text: string) => {
    const line = `${barOf(incident)} ${text}`.slice(0, Math.max(0, context.columns - 1));
    context.err(`\r${line}\u001b[K`);
  };
  return {
    at: (incident: Incident) => changed(incident, paint(incident)),
    end: () => (last === '' ? undefined : context.err('\n')),
  };
};

const textOf = ({ status, reissueFirst, progress: { hit, remaining } }: Incident): string => {
  if (status !== 'declared') return `${hit - remaining} of ${hit} done, ${remaining} remaining`;
  return reissueFirst ? `rotation ${reissueFirst.rotationId} goes first` : 'finding what is hit';
};

const barOf = ({ status, progress: { hit, remaining } }: Incident): string => {
  const share = status === 'declared' ? 0 : hit === 0 ? 1 : (hit - remaining) / hit;
  const full = Math.floor(BAR * share);
  return `${'█'.repeat(full)}${'░'.repeat(BAR - full)} ${String(Math.floor(100 * share)).padStart(3)} %`;
};
