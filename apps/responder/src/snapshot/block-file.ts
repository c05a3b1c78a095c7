import { createHash, randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Octets } from '@cartulary/x509';

/** The file is not what was written: torn, of another format, or somebody else's. */
export class UnreadableSnapshotError extends Error {
  readonly code = 'SNAPSHOT_UNREADABLE';
}

const LENGTH = 4;
const DIGEST = 32;
/** What is hashed and written in one go, so that answers wait for no more than that. */
const SLICE = 2 ** 18;

/**
 * A file of blocks: a first line that names the format, then each block's length and octets, then the SHA-256 of all
 * that. It takes its place in one step: what was there before or all of this is there after a crash.
 */
export class BlockWriter {
  readonly #hash = createHash('sha256');
  #octets = 0;

  private constructor(
    private readonly path: string,
    private readonly temporary: string,
    private readonly handle: FileHandle,
  ) {}

  static async write(path: string, format: string, blocks: (file: BlockWriter) => Promise<void>): Promise<number> {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const temporary = `${path}.${randomBytes(4).toString('hex')}.tmp`;
    const file = new BlockWriter(path, temporary, await open(temporary, 'wx', 0o600));
    try {
      await file.#write(Buffer.from(`${format}\n`));
      await blocks(file);
      await file.#finish();
      return file.#octets;
    } catch (error) {
      await file.handle.close().catch(() => undefined);
      await rm(temporary, { force: true });
      throw error;
    }
  }

  async block(content: Uint8Array): Promise<void> {
    const length = Buffer.alloc(LENGTH);
    length.writeUInt32LE(content.length);
    await this.#write(length);
    for (let from = 0; from < content.length; from += SLICE) await this.#write(content.subarray(from, from + SLICE));
  }

  /** One block, whose pieces need not lie together. */
  async pieces({ length, pieces }: Octets): Promise<void> {
    const head = Buffer.alloc(LENGTH);
    head.writeUInt32LE(length);
    await this.#write(head);
    let together: Buffer[] = [];
    let size = 0;
    for (const piece of pieces) {
      for (let from = 0; from < piece.length; from += SLICE) {
        const part = piece.subarray(from, from + SLICE);
        if (size + part.length > SLICE) {
          await this.#write(Buffer.concat(together));
          [together, size] = [[], 0];
        }
        together.push(part);
        size += part.length;
      }
    }
    await this.#write(Buffer.concat(together));
  }

  async #write(octets: Uint8Array): Promise<void> {
    this.#hash.update(octets);
    this.#octets += octets.length;
    await this.handle.writeFile(octets);
  }

  async #finish(): Promise<void> {
    await this.handle.writeFile(this.#hash.digest());
    await this.handle.sync();
    await this.handle.close();
    await rename(this.temporary, this.path);
    const directory = await open(dirname(this.path), 'r');
    await directory.sync().finally(() => directory.close());
  }
}

/** Nothing that it gives may be trusted before `read` has resolved. */
export class BlockReader {
  readonly #hash = createHash('sha256');
  #left: number;

  private constructor(
    private readonly handle: FileHandle,
    size: number,
  ) {
    this.#left = size - DIGEST;
  }

  /** Undefined: there is no such file. Throws UnreadableSnapshotError. */
  static async read<Result>(
    path: string,
    format: string,
    blocks: (file: BlockReader) => Promise<Result>,
  ): Promise<Result | undefined> {
    const handle = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (!handle) return undefined;
    try {
      const file = new BlockReader(handle, (await handle.stat()).size);
      const line = Buffer.from(`${format}\n`);
      if (!(await file.#read(line.length)).equals(line)) throw new UnreadableSnapshotError('it is of another format');
      const result = await blocks(file);
      await file.#finish();
      return result;
    } finally {
      await handle.close();
    }
  }

  async block(): Promise<Buffer> {
    return this.#read((await this.#read(LENGTH)).readUInt32LE());
  }

  async #read(length: number): Promise<Buffer> {
    if (length > this.#left) throw new UnreadableSnapshotError('it is shorter than it says');
    this.#left -= length;
    const octets = await this.#fill(length);
    this.#hash.update(octets);
    return octets;
  }

  async #fill(length: number): Promise<Buffer> {
    // Of its own: what is cut out of it lives as long as this does.
    const octets = Buffer.from(new ArrayBuffer(length));
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await this.handle.read(octets, filled, length - filled);
      if (bytesRead === 0) throw new UnreadableSnapshotError('it ends too early');
      filled += bytesRead;
    }
    return octets;
  }

  async #finish(): Promise<void> {
    if (this.#left !== 0) throw new UnreadableSnapshotError('it is longer than it says');
    const digest = await this.#fill(DIGEST);
    if (!digest.equals(this.#hash.digest())) throw new UnreadableSnapshotError('its checksum is wrong');
  }
}
