import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { verifyCrl } from '../crl/parse-crl.js';
import { ceremonyFiles, type CeremonyCrl, type SealedSeries } from './manifest.js';
import { readCeremony, type ReadCeremony } from './read-ceremony.js';
import { SealedFiles } from './sealed-files.js';

export interface DueCrl extends CeremonyCrl {
  /** DER; its signature has been checked. */
  readonly bytes: Buffer;
  readonly entries: number;
  /** Serials of the issuers that are cut off and that no CRL of the ceremony can say so of together with the others. */
  readonly missing: readonly string[];
}

/** A ceremony's root CRLs, for the service that publishes them: the root's key is elsewhere. */
export class CeremonyCrls {
  private constructor(
    private readonly ceremony: ReadCeremony,
    private readonly sealed: SealedFiles | undefined,
  ) {}

  /** Without the passphrase nobody can be cut off. Throws IssuerImportError, KeyStoreError. */
  static async open(directory: string, sealPassphrase?: string): Promise<CeremonyCrls> {
    const ceremony = await readCeremony(directory);
    const sealed =
      sealPassphrase === undefined
        ? undefined
        : await SealedFiles.open(join(directory, ceremonyFiles.sealed), sealPassphrase);
    return new CeremonyCrls(ceremony, sealed);
  }

  /** SHA-256 of the root's key. */
  get rootKeyHash(): string {
    return this.ceremony.manifest.root.keyHash;
  }

  /** When the next date takes over; undefined after the last. */
  nextDate(now: Date): Date | undefined {
    const next = this.ceremony.manifest.crls.map(({ from }) => new Date(from)).filter((from) => from > now);
    return next.sort((a, b) => a.getTime() - b.getTime())[0];
  }

  /**
   * The CRL of the moment, for these issuers (serials, in the order in which they were cut off): of those that there are,
   * the one that lists most of them, the first before the later, so that nobody who was listed is good again.
   * Undefined before the first date. Throws KEYSTORE_CORRUPT, CRL_BAD_SIGNATURE where a file was changed.
   */
  async at(now: Date, cutOff: readonly string[]): Promise<DueCrl | undefined> {
    const { manifest, issuers, directory, root } = this.ceremony;
    const names = cutOff.flatMap((wanted) => issuers.find(({ serial }) => serial === wanted)?.name ?? []);
    const lateness = (series: readonly string[]): number =>
      series.reduce((sum, name) => sum + 2 ** names.indexOf(name), 0);
    const [best] = manifest.sealed
      .filter((series) => series.issuers.every((name) => names.includes(name)))
      .sort((a, b) => b.issuers.length - a.issuers.length || lateness(a.issuers) - lateness(b.issuers));
    const dated: readonly Dated[] =
      best && this.sealed
        ? (JSON.parse((await this.sealed.read(best.file)).toString()) as SealedSeries).crls
        : manifest.crls;
    const crl = newest(dated, now);
    if (!crl) return undefined;
    const bytes = 'crl' in crl ? Buffer.from(crl.crl, 'base64') : await readFile(join(directory, crl.file));
    const { entries } = verifyCrl(bytes, root);
    const { number, from, thisUpdate, nextUpdate } = crl;
    const missing = cutOff.filter((wanted) => !entries.some(({ serial }) => serial === wanted));
    return { number, from, thisUpdate, nextUpdate, bytes, entries: entries.length, missing };
  }
}

type Dated = CeremonyCrl & ({ readonly file: string } | { readonly crl: string });

const newest = (crls: readonly Dated[], now: Date): Dated | undefined =>
  [...crls].sort((a, b) => a.number - b.number).findLast(({ from }) => new Date(from) <= now);
