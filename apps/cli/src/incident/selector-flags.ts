import type { Incident, IncidentSelectorInput } from '@cartulary/contracts';
import type { Command } from 'commander';
import { certificateFacts } from '@cartulary/x509';
import { collect } from '../command.js';
import { CliError } from '../exit-codes.js';
import { readCertificateFile, serialOf } from '../inspect/reference.js';

export interface SelectorFlags {
  readonly keyHash?: string;
  readonly certificate?: readonly string[];
  readonly identity?: string;
  readonly namespace?: string;
  readonly node?: string;
  readonly issuer?: string;
  readonly issuedFrom?: string;
  readonly issuedTo?: string;
}

export const withSelector = (command: Command): Command =>
  command
    .option(
      '--key-hash <hash|file>',
      'certificates of this key: SHA-256 of its SPKI in hex, or a certificate file with it',
    )
    .option('--certificate <serial|file>', 'this certificate; may be repeated', collect)
    .option('--identity <id>', 'certificates of this SPIFFE ID')
    .option('--namespace <name>', 'certificates of this namespace')
    .option('--node <name>', 'certificates whose key lives on this machine')
    .option('--issuer <issuerId>', 'certificates from this issuer')
    .option('--issued-from <time>', 'issued at this time or later, RFC 3339')
    .option('--issued-to <time>', 'issued at this time or earlier, RFC 3339 (default: now)');

/** Every flag narrows it. */
export const selectorOf = async (flags: SelectorFlags): Promise<IncidentSelectorInput> => {
  const { keyHash, certificate, identity, namespace, node, issuer, issuedFrom: from, issuedTo: to } = flags;
  if (to && !from) throw new CliError('usage', '--issued-to goes with --issued-from');
  const selector = {
    ...(keyHash ? { keyHash: await keyHashOf(keyHash) } : {}),
    ...(certificate ? { serials: await Promise.all(certificate.map(serialOf)) } : {}),
    ...(identity ? { identity } : {}),
    ...(namespace ? { namespace } : {}),
    ...(node ? { node } : {}),
    ...(issuer ? { issuerId: issuer } : {}),
    ...(from ? { issuedBetween: { from, ...(to ? { to } : {}) } } : {}),
  };
  if (Object.keys(selector).length === 0) {
    throw new CliError(
      'usage',
      'say what is compromised: --key-hash, --certificate, --identity, --namespace, --node, --issuer or --issued-from',
    );
  }
  return selector;
};

const keyHashOf = async (text: string): Promise<string> => {
  const hash = text.replaceAll(':', '').toLowerCase();
  return /^[0-9a-f]{64}$/.test(hash) ? hash : certificateFacts(await readCertificateFile(text)).keyHash;
};

/** `node node-7, issued 2026-11-20T00:00:00.000Z to 2026-11-22T12:00:00.000Z`. */
export const selectorText = (selector: Incident['selector']): string => {
  const { keyHash, serials, identity, namespace, node, issuerId, issuedBetween } = selector;
  return [
    keyHash && `key ${keyHash}`,
    serials && (serials.length === 1 ? `certificate ${serials[0]}` : `${serials.length} certificates`),
    identity,
    namespace && `namespace ${namespace}`,
    node && `node ${node}`,
    issuerId && `issuer ${issuerId}`,
    issuedBetween && `issued ${issuedBetween.from} to ${issuedBetween.to}`,
  ]
    .filter((part) => part !== undefined)
    .join(', ');
};
