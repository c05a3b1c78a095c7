import type { Enforcement } from '@cartulary/contracts';
import type { Command } from 'commander';
import { calling, leaf } from '../command.js';
import type { CliContext } from '../context.js';
import { both, relative } from '../output/time.js';

/** Which proxies enforce a CRL or a revocation. */
export const enforcementCommand = (context: CliContext): Command => {
  const command = leaf({
    name: 'enforcement',
    arguments: '<reference>',
    summary: 'show which proxies enforce a revocation or a CRL, and which do not',
    description: 'By the serial of a revoked certificate, or the number of a CRL (decimal).',
    examples: [
      ['cartulary enforcement 01c3a5e27f0b4d8896a1d2f3e4b5c6a798', 'a revocation'],
      ['cartulary enforcement 4712', 'a CRL'],
    ],
  });
  return calling(command, context, async ({ client, output }, reference = '') => {
    const report = await client.getEnforcement({ params: { reference } });
    output.result(report, () => {
      const { now, style } = output;
      output.details([
        ['revoked', report.serial, style.bold],
        ['CRL', `${report.number} of ${report.issuerId}, or a newer one`],
        ['since', both(report.since, now)],
        ['agents', `${report.nodes.present} of ${report.nodes.known} are here`],
        ['delivered', share(report.delivered, report.proxies)],
        ['enforced', share(report.enforced, report.proxies)],
      ]);
      output.table(
        [
          { title: 'NODE', value: ({ node }) => node },
          { title: 'PROXY', value: ({ proxy }) => proxy },
          { title: 'CONTEXT', value: (straggler) => straggler.context },
          { title: 'WHY', value: ({ why }) => why },
          { title: 'SINCE', value: ({ since }) => since && relative(since, now) },
        ],
        report.stragglers,
        'No straggler.',
      );
      if (report.moreStragglers > 0) output.note(`${report.moreStragglers} more are not shown.`);
    });
  });
};

const share = ({ proxies, p50, p99 }: Enforcement['delivered'], all: number): string => {
  const delays = p50 === undefined || p99 === undefined ? '' : `, p50 ${Math.round(p50)} ms, p99 ${Math.round(p99)} ms`;
  return `${proxies} of ${all} proxies${delays}`;
};
