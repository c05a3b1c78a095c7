import { boolean, objectIdentifier, octetString, sequence } from '../asn1/der-writer.js';
import { type SigningUsage } from '../signer/signing-usage.js';
import { type SignerKey } from '../signer/signer.js';
import { DerTree } from '../testing/der-tree.js';
import { type Finding } from './finding.js';
import { LintError } from './lint-error.js';
import { Linter } from './linter.js';

export type Base = 'workload' | 'rsa' | 'server' | 'delegate' | 'issuer' | 'intermediate' | 'root';

/** Changes the taken-apart certificate. */
export type Plant = (tbs: DerTree, extensions: Extensions) => void;
export type Planted = readonly [rule: string, what: string, base: Base, plant: Plant];

export interface Linted {
  readonly usage: SigningUsage;
  readonly toBeSigned: Buffer;
  readonly key: SignerKey;
  readonly certificate?: Buffer | undefined;
}

/** Everything that the rules find, and whether it keeps the object from being signed. */
export const findingsOf = async ({ usage, toBeSigned, key, certificate }: Linted) => {
  const linter = new Linter();
  const findings: Finding[] = [];
  linter.listen((finding) => findings.push(finding));
  let refused = false;
  try {
    await linter.check({ usage, toBeSigned, certificate }, key);
  } catch (error) {
    if (!(error instanceof LintError)) throw error;
    refused = true;
  }
  return { findings, refused, rules: findings.map(({ rule }) => rule) };
};

/** The to-be-signed part of a whole certificate or CRL. */
export const tbsOf = (whole: Buffer): Buffer => DerTree.parse(whole).at(0).encode();

/** Of a TBSCertificate, by the object identifier. */
export class Extensions {
  constructor(private readonly list: DerTree) {}

  find(oid: string): DerTree {
    const wanted = objectIdentifier(oid).subarray(2);
    const found = this.list.children!.find((extension) => extension.at(0).content.equals(wanted));
    if (!found) throw new Error(`no extension ${oid}`);
    return found;
  }

  value(oid: string, value: Buffer): void {
    this.find(oid).children!.at(-1)!.content = value;
  }

  critical(oid: string, critical: boolean): void {
    const found = this.find(oid);
    const value = found.children!.at(-1)!.encode();
    found.become(sequence(objectIdentifier(oid), ...(critical ? [boolean(true)] : []), value));
  }

  add(oid: string, value: Buffer, critical = false): void {
    const flag = critical ? [boolean(true)] : [];
    this.list.children!.push(DerTree.parse(sequence(objectIdentifier(oid), ...flag, octetString(value))));
  }

  remove(oid: string): void {
    const found = this.find(oid);
    this.list.children = this.list.children!.filter((extension) => extension !== found);
  }
}
