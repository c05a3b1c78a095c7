import type { Command } from 'commander';

export interface AsOfFlag {
  readonly asOf?: string;
}

/** For what the ledger can also say of the past. */
export const withAsOf = (command: Command): Command =>
  command.option('--as-of <when>', 'as it was then: a position of the ledger, or a time (RFC 3339)');

export const asOfQuery = ({ asOf }: AsOfFlag): { query: { asOf?: string } } => ({ query: asOf ? { asOf } : {} });
