import { MalformedError } from './errors.js';

/** RFC 9113, section 6. */
export const frameType = { headers: 1, settings: 4, continuation: 9 } as const;
export const flag = { ack: 0x1, endHeaders: 0x4, padded: 0x8, priority: 0x20 } as const;

export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const HEADER_OCTETS = 9;
/** Nobody has been told that he may send longer ones. */
export const MOST_PAYLOAD = 16_384;

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
  /** All of it. */
  readonly octets: Buffer;
}

export const encodeFrame = (type: number, flags: number, stream: number, payload: Buffer): Buffer => {
  const header = Buffer.alloc(HEADER_OCTETS);
  header.writeUIntBE(payload.length, 0, 3);
  header[3] = type;
  header[4] = flags;
  header.writeUInt32BE(stream, 5);
  return Buffer.concat([header, payload]);
};

/** Cuts what a client sends into its preface and frames; holds no more than one frame. */
export class FrameReader {
  #pieces: Buffer[] = [];
  #length = 0;
  #prefaced = false;

  /** The frames that are whole now. Throws MalformedError. */
  read(chunk: Buffer): Frame[] {
    this.#pieces.push(chunk);
    this.#length += chunk.length;
    const frames: Frame[] = [];
    for (;;) {
      if (!this.#prefaced) {
        if (this.#length < PREFACE.length) {
          if (!PREFACE.subarray(0, this.#length).equals(this.#whole())) throw new MalformedError('no HTTP/2');
          return frames;
        }
        if (!this.#take(PREFACE.length).equals(PREFACE)) throw new MalformedError('no HTTP/2');
        this.#prefaced = true;
      }
      const frame = this.#frame();
      if (!frame) return frames;
      frames.push(frame);
    }
  }

  /** What is no whole frame yet. */
  rest(): Buffer {
    return this.#whole();
  }

  #frame(): Frame | undefined {
    if (this.#length < HEADER_OCTETS) return undefined;
    if (this.#pieces[0]!.length < HEADER_OCTETS) this.#whole();
    const header = this.#pieces[0]!;
    const length = header.readUIntBE(0, 3);
    if (length > MOST_PAYLOAD) throw new MalformedError('a frame is too long');
    const stream = header.readUInt32BE(5) & 0x7fffffff;
    const [type, flags] = [header[3]!, header[4]!];
    if (this.#length < HEADER_OCTETS + length) return undefined;
    const octets = this.#take(HEADER_OCTETS + length);
    return { type, flags, stream, payload: octets.subarray(HEADER_OCTETS), octets };
  }

  #whole(): Buffer {
    const whole = this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces);
    this.#pieces = [whole];
    return whole;
  }

  #take(length: number): Buffer {
    const whole = this.#whole();
    this.#pieces = [whole.subarray(length)];
    this.#length -= length;
    return whole.subarray(0, length);
  }
}
