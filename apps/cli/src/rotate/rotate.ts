import type { Rotation, RotationRequest } from '@cartulary/contracts';
import type { Command } from 'commander';
import { type Call, calling, collect, leaf, ttlFlag } from '../command.js';
import type { CliContext } from '../context.js';
import { CliError } from '../exit-codes.js';
import { serialOf } from '../inspect/reference.js';
import { relative } from '../output/time.js';
import { selectorText } from './rotations.js';
import { waitUntilCompleted } from './wait.js';

interface RotateFlags {
  readonly identity?: string;
  readonly namespace?: string;
  readonly issuer?: string;
  readonly certificate?: readonly string[];
  readonly window?: string | number;
  readonly reason?: string;
  readonly wait?: boolean;
}

export const rotateCommand = (context: CliContext): Command => {
  const command = leaf({
    name: 'rotate',
    summary: 'have certificates replaced',
    description:
      'Every live certificate that matches now is to be renewed, each at its own turn within the window. Whoever holds it\nlearns its turn from its renewal window; this command makes no certificate.',
    examples: [
      ['cartulary rotate --namespace shop --window 2h --reason "new base image"', 'a namespace, over two hours'],
      ['cartulary rotate --identity spiffe://cluster.local/ns/shop/sa/cart --wait', 'an identity, and see it done'],
      ['cartulary rotate --issuer 9f86d081884c7d65 --window 12h', 'everything that an issuer has issued'],
    ],
  });
  command
    .option('--identity <id>', 'certificates of this SPIFFE ID')
    .option('--namespace <name>', 'certificates of this namespace')
    .option('--issuer <issuerId>', 'certificates from this issuer')
    .option('--certificate <serial|file>', 'this certificate; may be repeated', collect)
    .option('--window <time>', 'how long their turns are spread over, such as 90s, 30m, 12h (default: 10m)', ttlFlag)
    .option('--reason <text>', 'why; kept beside the ledger, where it can be erased')
    .option('--wait', 'show how far it is until none remains');
  return calling<RotateFlags>(command, context, rotate);
};

const rotate = async (call: Call<RotateFlags>): Promise<void> => {
  const { client, output, flags } = call;
  const body = await requestOf(flags);
  const ordered = await client.orderRotation({ body });
  if (!flags.wait) {
    output.result(ordered, () => report(call, ordered));
    output.note(`\ncartulary rotations show ${ordered.rotationId}   how far it is`);
    return;
  }
  if (!output.json) report(call, ordered);
  const completed = await waitUntilCompleted(call, ordered);
  output.result(completed, () => output.done(`Completed ${completed.rotationId}: ${outcome(completed)}`));
};

const requestOf = async ({ window, reason, ...flags }: RotateFlags): Promise<RotationRequest> => {
  const selectors: RotationRequest[] = [
    ...(flags.identity ? [{ identity: flags.identity }] : []),
    ...(flags.namespace ? [{ namespace: flags.namespace }] : []),
    ...(flags.issuer ? [{ issuerId: flags.issuer }] : []),
    ...(flags.certificate ? [{ serials: await Promise.all(flags.certificate.map(serialOf)) }] : []),
  ];
  const [selector] = selectors;
  if (!selector || selectors.length > 1) {
    throw new CliError('usage', 'give one of --identity, --namespace, --issuer and --certificate');
  }
  return { ...selector, ...(window === undefined ? {} : { window }), ...(reason ? { reason } : {}) };
};

const report = ({ output }: Call<object>, { rotationId, selector, window }: Rotation): void =>
  output.done(`Ordered ${rotationId}: ${selectorText(selector)}, the last turn ${relative(window.end, output.now)}`);

const outcome = ({ progress: { matched, replaced, ended } }: Rotation): string => {
  const over = ended === 0 ? '' : `, ${ended} revoked or expired`;
  return `${replaced} of ${matched} replaced${over}`;
};
