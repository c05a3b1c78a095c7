import type { Diagnostics } from '@cartulary/contracts';
import { span } from '../output/time.js';
import { sizeText } from './check-disk.js';
import type { Check } from './examination.js';
import { failed, ok, type Seen, warning } from './finding.js';

const OLDEST_MAJOR = 15;
const SKEW_MS = 5_000;
const BUSY = 0.8;

export const databaseCheck: Check = async (examination) => judgeDatabase(await examination.diagnostics());

/** One finding if all is well, else one for each thing that is not. */
export const judgeDatabase = ({ database, time }: Diagnostics): readonly Seen[] => {
  const { connections, maxConnections, size, version } = database;
  const wrong = [...lossy(database), ...unfit(database)];
  if (connections > BUSY * maxConnections)
    wrong.push(
      warning(
        `${connections} of ${maxConnections} connections in use`,
        'Raise max_connections, or find who holds them.',
      ),
    );
  const skew = Math.abs(Date.parse(database.time) - Date.parse(time));
  if (skew > SKEW_MS)
    wrong.push(warning(`its clock and the service’s differ by ${span(skew)}`, 'Let NTP set the clocks of both.'));
  const summary = `Postgres ${version}, ${sizeText(size)}, ${connections} of ${maxConnections} connections, fsync on`;
  return wrong.length > 0 ? wrong : [ok(summary)];
};

/** What makes an acknowledged event vanish in a crash. */
const lossy = ({ fsync, synchronousCommit, fullPageWrites }: Diagnostics['database']): Seen[] => {
  const hint = (setting: string): string => `Set ${setting} = on: acknowledged events must survive a crash.`;
  return [
    ...(fsync === 'on' ? [] : [failed(`fsync = ${fsync}`, hint('fsync'))]),
    ...(synchronousCommit === 'off' ? [failed('synchronous_commit = off', hint('synchronous_commit'))] : []),
    ...(fullPageWrites === 'on'
      ? []
      : [failed(`full_page_writes = ${fullPageWrites}`, 'Set it on, unless the file system never tears a page.')]),
  ];
};

const unfit = ({ major, version, standby, walLevel }: Diagnostics['database']): Seen[] => [
  ...(major >= OLDEST_MAJOR
    ? []
    : [failed(`Postgres ${version}`, `Cartulary needs Postgres ${OLDEST_MAJOR} or newer.`)]),
  ...(standby ? [failed('a standby, which takes no writes', 'Point CARTULARY_DATABASE_URL at the primary.')] : []),
  ...(walLevel === 'minimal'
    ? [
        warning(
          'wal_level = minimal',
          'Set it to replica: without it there is no backup while it runs, and no standby.',
        ),
      ]
    : []),
];
