import { MalformedError } from './errors.js';
import { encodeFrame, flag, type Frame, frameType, MOST_PAYLOAD } from './frames.js';
import { withPlainAuthority } from './header-block.js';

/** As many as nghttp2 takes; more than these are a flood. */
const MOST_CONTINUATIONS = 8;
const MOST_BLOCK = 65_536;
const PRIORITY_OCTETS = 5;

interface Block {
  readonly stream: number;
  readonly flags: number;
  readonly priority: Buffer;
  readonly fragments: Buffer[];
  readonly frames: Buffer[];
  size: number;
}

/** Passes a client's frames on, with authorities that nghttp2 takes in its header blocks; all else stays as it was. */
export class PlainAuthorities {
  #open: Block | undefined;
  #blocks = 0;
  #changed = false;

  /** Header blocks that were whole. */
  get blocks(): number {
    return this.#blocks;
  }

  /** Whether one of them had an authority that nghttp2 does not take. */
  get changed(): boolean {
    return this.#changed;
  }

  /** Of a block that is not whole yet. */
  pending(): Buffer {
    return Buffer.concat(this.#open?.frames ?? []);
  }

  /** What goes on in its place, nothing until a block is whole. Throws MalformedError. */
  take(frame: Frame): readonly Buffer[] {
    const isContinuation = frame.type === frameType.continuation;
    if (isContinuation !== (this.#open !== undefined)) throw new MalformedError('a header block is not as it must be');
    if (!isContinuation && frame.type !== frameType.headers) return [frame.octets];
    const block = (this.#open ??= begin(frame));
    if (block.stream !== frame.stream) throw new MalformedError('a header block goes on for another stream');
    if (isContinuation) block.fragments.push(frame.payload);
    block.frames.push(frame.octets);
    block.size += frame.payload.length;
    if (block.size > MOST_BLOCK) throw new MalformedError('a header block is too long');
    if (block.frames.length > MOST_CONTINUATIONS + 1) throw new MalformedError('a header block has too many frames');
    if ((frame.flags & flag.endHeaders) === 0) return [];
    this.#open = undefined;
    this.#blocks += 1;
    return this.#finish(block);
  }

  #finish(block: Block): readonly Buffer[] {
    const before = Buffer.concat(block.fragments);
    const after = withPlainAuthority(before);
    if (after === before) return block.frames;
    this.#changed = true;
    return framesOf(block, after);
  }
}

const begin = ({ stream, flags, payload }: Frame): Block => {
  if (stream === 0) throw new MalformedError('headers of no stream');
  const padded = (flags & flag.padded) !== 0;
  const from = padded ? 1 : 0;
  const padding = padded ? (payload[0] ?? 0) : 0;
  const priorityEnd = from + ((flags & flag.priority) === 0 ? 0 : PRIORITY_OCTETS);
  if (priorityEnd + padding > payload.length) throw new MalformedError('padding is longer than its frame');
  const priority = payload.subarray(from, priorityEnd);
  return {
    ...{ stream, flags, priority, frames: [], size: 0 },
    fragments: [payload.subarray(priorityEnd, payload.length - padding)],
  };
};

/** Without padding, and in as few frames as it takes. */
const framesOf = ({ stream, flags, priority }: Block, block: Buffer): Buffer[] => {
  const first = MOST_PAYLOAD - priority.length;
  const pieces: Buffer[] = [Buffer.concat([priority, block.subarray(0, first)])];
  for (let at = first; at < block.length; at += MOST_PAYLOAD) pieces.push(block.subarray(at, at + MOST_PAYLOAD));
  return pieces.map((piece, index) => {
    const end = index === pieces.length - 1 ? flag.endHeaders : 0;
    return index === 0
      ? encodeFrame(frameType.headers, (flags & ~(flag.padded | flag.endHeaders)) | end, stream, piece)
      : encodeFrame(frameType.continuation, end, stream, piece);
  });
};
