import { InMemorySigner } from './in-memory-signer.js';
import { type Signer } from './signer.js';

export interface FileSignerOptions {
  /** Made with mode 0700 when it is missing. */
  readonly directory: string;
  readonly passphrase: string;
}

export abstract class FileSigner extends InMemorySigner {
  static async open(_options: FileSignerOptions): Promise<Signer> {
    throw new Error('not written');
  }
}
