import type { LedgerEvent } from '@cartulary/contracts';
import type { Command } from 'commander';
import { calling, leaf } from '../command.js';
import type { CliContext } from '../context.js';
import type { Style } from '../output/style.js';
import type { Column } from '../output/table.js';
import { absolute } from '../output/time.js';
import { serialOf } from './reference.js';

export const historyCommand = (context: CliContext): Command => {
  const command = leaf({
    name: 'history',
    arguments: '<certificate>',
    summary: 'show what happened to a certificate, from the ledger',
    examples: [
      ['cartulary history 01c3a5e27f0b4d8896a1d2f3e4b5c6a798', 'issued, renewed, held, revoked: when and by whom'],
    ],
  });
  return calling(command, context, async ({ client, output }, reference = '') => {
    const history = await client.getCertificateHistory({ params: { serial: await serialOf(reference) } });
    output.result(history, () => output.table(eventColumns(output.style), history.events, 'Nothing happened to it.'));
  });
};

/** Oldest first: what, when, by whom. */
export const eventColumns = (style: Style): Column<LedgerEvent>[] => [
  { title: 'POSITION', value: ({ position }) => String(position), align: 'right' },
  { title: 'WHEN', value: ({ committedAt }) => absolute(committedAt), paint: style.dim },
  { title: 'EVENT', value: ({ type }) => type, paint: (text) => paintEvent(text, style) },
  { title: 'WHAT', value: tellingPart },
  { title: 'BY', value: ({ actor }) => shortActor(actor.id), paint: style.dim },
];

const paintEvent = (type: string, style: Style): string => {
  if (/Revoked|Blocked|Suspended|Compromised/.test(type)) return style.red(type);
  if (/Held/.test(type)) return style.yellow(type);
  if (/Issued|Released|Reinstated|Activated|Registered/.test(type)) return style.green(type);
  return type;
};

/** The one or two fields of an event that a reader looks for. */
export const tellingPart = ({ data }: LedgerEvent): string => {
  const fields = ['identity', 'successor', 'reason', 'number', 'entries', 'name', 'purpose', 'trustDomain'];
  const told = fields.flatMap((field) => {
    const value = data[field];
    if (typeof value !== 'string' && typeof value !== 'number') return [];
    return [field === 'identity' || field === 'reason' ? String(value) : `${field} ${value}`];
  });
  return told.slice(0, 2).join(', ');
};

const shortActor = (id: string): string => id.replace(/^spiffe:\/\/[^/]+\/(?:cartulary\/)?/, '');
