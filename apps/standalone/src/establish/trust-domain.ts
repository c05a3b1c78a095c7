import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CommandBus } from '@nestjs/cqrs';
import { systemCaller } from '@cartulary/access';
import { CreateTrustDomainCommand, type ImportedCeremony } from '@cartulary/rotation';
import { type Config, ConfigurationError } from '@cartulary/runtime';
import type { IssuerDirectory } from '@cartulary/service';
import { validateIssuerImport, verifyCeremony } from '@cartulary/x509';

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
  const ceremony = await importedCeremony(config);
  const create = new CreateTrustDomainCommand(actor, 'standalone-init', imported, ceremony);
  const created = await commands.execute(create);
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

/** Throws ConfigurationError where the directory does not verify, or is of another system. */
const importedCeremony = async (config: Config): Promise<ImportedCeremony | undefined> => {
  const { ceremonyDirectory: directory, trustDomain, publicUrl, ceremonyTransportPassphrase } = config;
  if (directory === undefined) return undefined;
  const { ceremony, problems } = await verifyCeremony({ directory });
  const wrong = (message: string, hint: string): ConfigurationError =>
    new ConfigurationError([{ key: 'CARTULARY_CEREMONY_DIRECTORY', value: directory, message, hint }]);
  const [problem] = problems;
  if (!ceremony || problem !== undefined)
    throw wrong(`does not verify: ${problem}`, '`cartulary ceremony verify` says all that is wrong');
  const { manifest } = ceremony;
  if (manifest.trustDomain !== trustDomain || manifest.publicUrl !== publicUrl)
    throw wrong(
      `is of trust domain ${manifest.trustDomain} at ${manifest.publicUrl}`,
      `this is ${trustDomain} at ${publicUrl}: certificates would name the wrong place`,
    );
  return {
    ceremony,
    ...(ceremonyTransportPassphrase ? { transportPassphrase: ceremonyTransportPassphrase.reveal() } : {}),
  };
};
