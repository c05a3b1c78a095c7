import type { RecordedEvent } from '@cartulary/ledger';
import type { Logger } from '@cartulary/runtime';
import type { Transport } from '@cartulary/transport';
import { IssuerDirectory } from '../issuer-directory.js';
import type { DataDirectory } from './data-directory.js';

type IssuerEvent = Pick<RecordedEvent, 'type' | 'data'>;

const FILE = 'issuers.json';

/**
 * The issuers, for a service that has to start while nothing else is up: as they were kept in its directory, and on
 * from there once the events can be reached. Resolves at once where there are any.
 */
export const openKeptIssuers = async (
  transport: Transport,
  data: DataDirectory,
  logger: Logger,
): Promise<IssuerDirectory> => {
  const directory = new IssuerDirectory();
  const kept = await readKept(data, logger);
  for (const event of kept) directory.apply(event);
  const seen: IssuerEvent[] = [];
  let caughtUp = false;
  const keep = (): void => {
    data.write(FILE, JSON.stringify(seen), 0o644).catch((err: unknown) => logger.warn({ err }, 'issuers are not kept'));
  };
  const following = directory.follow(transport, (events) => {
    seen.push(...events.map(({ type, data: said }) => ({ type, data: said })));
    if (caughtUp) keep();
  });
  const done = following.then(() => {
    caughtUp = true;
    keep();
  });
  if (directory.systemAnchors().length === 0) await done;
  // Rejects when it was stopped before, and then nobody waits for it.
  else done.catch(() => undefined);
  return directory;
};

const readKept = async (data: DataDirectory, logger: Logger): Promise<readonly IssuerEvent[]> => {
  try {
    return JSON.parse((await data.read(FILE)) ?? '[]') as IssuerEvent[];
  } catch (err) {
    logger.warn({ err }, `${FILE} is damaged and not used`);
    return [];
  }
};
