import type { CartularyClient } from '@cartulary/client';
import type { Caller, Diagnostics, Issuer, TrustBundle } from '@cartulary/contracts';
import { resolveConnection, type ResolvedConnection } from '../connection/connect.js';
import type { ConnectionFlags } from '../connection/options.js';
import type { CliContext } from '../context.js';
import type { Seen } from './finding.js';

export interface DoctorFlags extends ConnectionFlags {
  readonly serviceUrl?: readonly string[];
}

const once = <T>(ask: () => Promise<T>): (() => Promise<T>) => {
  let asked: Promise<T> | undefined;
  return () => (asked ??= ask());
};

/** What checks look at; what several of them need is asked for once. */
export class Examination {
  readonly connection: ResolvedConnection;
  readonly caller: () => Promise<Caller>;
  readonly issuers: () => Promise<readonly Issuer[]>;
  readonly bundle: () => Promise<TrustBundle>;
  readonly diagnostics: () => Promise<Diagnostics>;

  constructor(
    readonly client: CartularyClient,
    readonly context: CliContext,
    readonly flags: DoctorFlags,
  ) {
    this.connection = resolveConnection(flags, context.env);
    this.caller = once(() => client.whoAmI());
    this.issuers = once(() => everyIssuer(client));
    this.bundle = once(() => client.getTrustBundle());
    this.diagnostics = once(() => client.getDiagnostics());
  }

  now(): Date {
    return this.context.now();
  }
}

const everyIssuer = async (client: CartularyClient): Promise<Issuer[]> => {
  const issuers: Issuer[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.listIssuers({ query: { limit: 1000, ...(cursor ? { cursor } : {}) } });
    issuers.push(...page.issuers);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return issuers;
};

/** `workload 9f86d081884c7d65`. */
export const nameOf = ({ purpose, issuerId }: Issuer): string => `${purpose} ${issuerId}`;

/** Whose certificates relying parties may meet, now or next, and whose CRL comes from here. */
export const isRelied = ({ status }: Issuer): boolean =>
  status === 'active' || status === 'retiring' || status === 'prepared';

export type Check = (examination: Examination) => Promise<readonly Seen[]>;
