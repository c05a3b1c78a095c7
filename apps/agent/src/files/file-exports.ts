import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Clock, every, Metrics, type Repetition } from '@cartulary/runtime';
import { isServable } from '../trust/trust-state.js';
import { TrustStore } from '../trust/trust-store.js';
import { Entitlements } from '../workloads/entitlements.js';
import { SvidKeeper } from '../workloads/svid-keeper.js';
import type { Selector } from '../authority/authority.js';
import { Exporter, type Wanted } from './exporter.js';
import { FILE_EXPORTS, type FileExport } from './file-export.js';
import { fileSet, setVersion } from './file-set.js';

const GAUGE_MS = 1_000;

/**
 * Whether the CA has placed an identity for whoever is to own the files. Files can't be kept from the owner's other programs, so
 * that a selector with a program's path fits none.
 */
export const fitsOwner = ({ uid, gid, path }: Selector, owner: Pick<FileExport, 'uid' | 'gid'>): boolean =>
  path === undefined &&
  (uid !== undefined || gid !== undefined) &&
  (uid === undefined || uid === owner.uid) &&
  (gid === undefined || gid === owner.gid);

/** Certificates, keys and CRLs as files, for software that knows neither SDS nor SPIFFE. */
@Injectable()
export class FileExports implements OnApplicationShutdown {
  readonly #logger = new Logger(FileExports.name);
  readonly #exporters: readonly Exporter[];
  readonly #unsubscribe: (() => void)[] = [];
  readonly #done;
  readonly #failed;
  readonly #behind;
  readonly #refused = new Set<string>();
  #repetition: Repetition | undefined;

  constructor(
    @Inject(FILE_EXPORTS) exports: readonly FileExport[],
    private readonly entitlements: Entitlements,
    private readonly svids: SvidKeeper,
    private readonly trust: TrustStore,
    private readonly clock: Clock,
    metrics: Metrics,
  ) {
    this.#exporters = exports.map((given) => this.#exporter(given));
    const labels = ['directory'];
    this.#done = metrics.counter('agent_exports_total', {
      help: 'Sets of files written or removed, and readers told to read anew',
      labels: [...labels, 'step'],
    });
    this.#failed = metrics.counter('agent_export_failures_total', {
      help: 'Sets of files that could not be written, and readers that could not be told',
      labels: [...labels, 'code'],
    });
    this.#behind = metrics.gauge('agent_export_behind_seconds', {
      help: 'Since when files, or what their reader knows of them, are not the newest; 0: they are',
      labels,
    });
  }

  start(): void {
    if (this.#exporters.length === 0) return;
    const tell = (): void => this.#exporters.forEach((exporter) => exporter.tell());
    this.#unsubscribe.push(this.entitlements.onChange(tell), this.svids.onChange(tell), this.trust.onChange(tell));
    for (const exporter of this.#exporters) exporter.start();
    const onError = (error: unknown): void => this.#logger.error(`metrics: ${String(error)}`);
    this.#repetition = every(GAUGE_MS, () => this.#measure(), { onError });
  }

  async onApplicationShutdown(): Promise<void> {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    await this.#repetition?.stop();
    await Promise.all(this.#exporters.map((exporter) => exporter.stop()));
  }

  #measure(): void {
    const now = this.clock.now().getTime();
    for (const { given, behindSince } of this.#exporters) {
      const since = behindSince?.getTime() ?? now;
      this.#behind.set({ directory: given.directory }, (now - since) / 1_000);
    }
  }

  #exporter(given: FileExport): Exporter {
    const { directory } = given;
    return new Exporter(given, {
      clock: this.clock,
      wanted: () => this.#wanted(given),
      onDone: (step) => {
        this.#done.inc({ directory, step });
        if (step !== 'reload') this.#logger.log(`${directory}: ${step === 'write' ? 'written' : 'removed'}`);
      },
      onFailure: ({ code, message }, failures) => {
        this.#failed.inc({ directory, code });
        // Every failure is counted; the log hears of the first and then of ever fewer.
        if ((failures & (failures - 1)) === 0) this.#logger.error(`${code}: ${message} (failure ${failures} in a row)`);
      },
    });
  }

  #wanted(given: FileExport): Wanted {
    if (!this.entitlements.known) return undefined;
    const { identity, directory, uid, gid } = given;
    const placed = this.entitlements.all.find(({ spiffeId }) => spiffeId === identity);
    if (!placed || placed.suspended || !placed.selectors.some((selector) => fitsOwner(selector, given))) {
      if (!this.#refused.has(directory)) {
        const why = `${identity} is not placed here for uid ${uid}, gid ${gid} (any program)`;
        this.#logger.warn(`${directory}: no files, ${why}`);
      }
      this.#refused.add(directory);
      return 'nothing';
    }
    this.#refused.delete(directory);
    const svid = this.svids.find(identity);
    const { state } = this.trust;
    // With a CRL that has ended its reader may refuse everybody; with what it has, at most the same.
    if (!svid || !state || !isServable(state, this.clock.now())) return undefined;
    return { version: setVersion(svid, state), render: () => fileSet(svid, state) };
  }
}
