import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CommandBus } from '@nestjs/cqrs';
import { systemCaller } from '@cartulary/access';
import { CreateTrustDomainCommand } from '@cartulary/rotation';
import type { Config } from '@cartulary/runtime';
import type { IssuerDirectory } from '@cartulary/service';
import { validateIssuerImport } from '@cartulary/x509';

const PATIENCE_MS = 60_000;
const POLL_MS = 10;

/** Creates the trust domain's CAs where there are none; resolves to true then, once every issuer issues. */
export const establishTrustDomain = async (
  config: Config,
  commands: CommandBus,
  issuers: IssuerDirectory,
  now: Date,
): Promise<boolean> => {
  const { actor } = systemCaller('standalone');
  const imported = await importedIssuer(config, now);
  const created = await commands.execute(new CreateTrustDomainCommand(actor, 'standalone-init', imported));
  const deadline = performance.now() + PATIENCE_MS;
  while (!(['workload', 'server', 'system'] as const).every((purpose) => isActive(issuers, purpose))) {
    if (performance.now() > deadline) throw new Error('no issuer became active: their first CRLs are not out');
    await sleep(POLL_MS);
  }
  return created;
};

const isActive = (issuers: IssuerDirectory, wanted: string): boolean =>
  issuers.all().some(({ purpose, status }) => purpose === wanted && status === 'active');

const importedIssuer = async ({ issuerChainFile, issuerKeyFile }: Config, now: Date) => {
  if (issuerChainFile === undefined || issuerKeyFile === undefined) return undefined;
  const [chainPem, privateKeyPem] = await Promise.all([
    readFile(issuerChainFile, 'utf8'),
    readFile(issuerKeyFile, 'utf8'),
  ]);
  return { ...validateIssuerImport({ chainPem, privateKeyPem, now }), privateKeyPem };
};
