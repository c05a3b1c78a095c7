import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

type Collect = (how: { type: 'major'; execution: 'sync'; flavor: 'last-resort' }) => void;

/**
 * Collects all garbage and gives its pages back to the system; with 60 MB alive that takes 0.2 s. For the moment after a
 * history has been read: V8 keeps what reading it took for times that are as busy, which need not come.
 */
export const collectGarbage = (): void => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as Collect;
  setFlagsFromString('--no-expose-gc');
  // An ordinary collection keeps the pages.
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
};
