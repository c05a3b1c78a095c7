import { FixedClock, Metrics } from '@cartulary/runtime';
import { Snapshots } from '../snapshot/snapshots.js';

export const noSnapshots = (): Snapshots =>
  new Snapshots(undefined, new FixedClock(new Date(0)), new Metrics({ process: false }));
