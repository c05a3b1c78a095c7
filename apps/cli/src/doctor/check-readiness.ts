import type { CartularyClient } from '@cartulary/client';
import { withClient } from '../connection/connect.js';
import type { Check, Examination } from './examination.js';
import { failed, ok, type Seen } from './finding.js';
import { trouble } from './trouble.js';

/** The service that is asked, and each that --service-url names. */
export const eachService = async (
  { client, connection, context, flags }: Examination,
  look: (client: CartularyClient, url: string) => Promise<readonly Seen[]>,
): Promise<Seen[]> => {
  const others = (flags.serviceUrl ?? []).map((url) =>
    withClient({ ...flags, url }, context, (other) => look(other, url)).catch((error: unknown) => [
      { ...trouble(error), about: url },
    ]),
  );
  return (await Promise.all([look(client, connection.url), ...others])).flat();
};

export const readinessCheck: Check = (examination) =>
  eachService(examination, async (client, url) => {
    const { ready, checks } = await client.getReadiness();
    const wrong = Object.entries(checks).filter(([, { ok: passes }]) => !passes);
    if (ready) return [ok(`ready: ${Object.keys(checks).join(', ')}`, url)];
    const what = wrong.map(([name, { detail }]) => `${name} ${detail ?? 'failed'}`).join(', ');
    return [failed(`not ready: ${what}`, 'The service’s log says more of each.', url)];
  });
