import type { Command } from 'commander';
import { calling, leaf } from '../command.js';
import type { CliContext } from '../context.js';
import { both } from '../output/time.js';

export const whoamiCommand = (context: CliContext): Command => {
  const command = leaf({
    name: 'whoami',
    summary: 'show who the service takes you for and what you may do',
    examples: [
      ['cartulary whoami', 'as the operator of the data directory'],
      ['cartulary whoami --token ctl_…', 'what a token may do'],
    ],
  });
  return calling(command, context, async ({ client, output }) => {
    const caller = await client.whoAmI();
    output.result(caller, () =>
      output.details([
        ['you are', caller.id, output.style.bold],
        ['by', caller.credential],
        ['role', caller.role],
        ['namespaces', caller.namespaces?.join(', ') ?? 'all'],
        ['trust domain', caller.trustDomain],
        ['until', caller.expiresAt && both(caller.expiresAt, output.now)],
        ['may', caller.permissions.join(', ')],
      ]),
    );
  });
};
