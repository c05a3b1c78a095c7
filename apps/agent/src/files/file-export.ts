/** A program that is run, without a shell. */
export interface ReloadCommand {
  readonly command: readonly string[];
  /** How long it may run, ms; then it is killed, which is a failure. */
  readonly timeout: number;
}

export interface ReloadSignal {
  /** Absolute path; in it the number of the process. */
  readonly pidFile: string;
  readonly signal: 'SIGHUP' | 'SIGUSR1' | 'SIGUSR2';
}

/** One identity's certificate, key, anchors and CRLs, kept as files in a directory of its own. */
export interface FileExport {
  readonly identity: string;
  /** Absolute path. */
  readonly directory: string;
  /** Whose the files are. */
  readonly uid: number;
  readonly gid: number;
  /** Of the files with the key; all others may be read by everybody. */
  readonly keyMode: number;
  /** Undefined: who reads them looks for himself. */
  readonly reload?: ReloadCommand | ReloadSignal;
}

/** Nest token of the list. */
export const FILE_EXPORTS = Symbol('cartulary:file-exports');
