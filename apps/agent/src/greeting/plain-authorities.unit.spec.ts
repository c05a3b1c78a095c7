import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MalformedError } from './errors.js';
import { encodeFrame, flag, type Frame, FrameReader, frameType, PREFACE } from './frames.js';
import { PlainAuthorities } from './plain-authorities.js';

const { headers, continuation } = frameType;
const data = 0;
const frameOf = (type: number, flags: number, stream: number, payload: Buffer): Frame => {
  const octets = encodeFrame(type, flags, stream, payload);
  return { type, flags, stream, payload, octets };
};
const path = Buffer.from([0x41, 0x02, ...Buffer.from('/a')]);
const plain = Buffer.from([0x41, 0x02, ...Buffer.from('-a')]);
const through = (...frames: Frame[]): string => {
  const authorities = new PlainAuthorities();
  return Buffer.concat(frames.flatMap((frame) => authorities.take(frame))).toString('hex');
};

describe('frames on their way to nghttp2', () => {
  it('pass as they are, but for an authority', () => {
    const body = frameOf(data, 1, 1, Buffer.from('body'));
    const made = through(frameOf(headers, flag.endHeaders, 1, path), body);
    expect(made).toBe(Buffer.concat([encodeFrame(headers, flag.endHeaders, 1, plain), body.octets]).toString('hex'));
  });

  it('keep the priority, the end of the stream and lose the padding', () => {
    const payload = Buffer.concat([Buffer.of(3), Buffer.from('8000000310', 'hex'), path, Buffer.alloc(3)]);
    const flags = flag.endHeaders | flag.padded | flag.priority | 0x1;
    const expected = Buffer.concat([Buffer.from('8000000310', 'hex'), plain]);
    const made = encodeFrame(headers, flag.endHeaders | flag.priority | 0x1, 5, expected);
    expect(through(frameOf(headers, flags, 5, payload))).toBe(made.toString('hex'));
  });

  it('join a block that was cut anywhere', () => {
    for (let at = 0; at <= path.length; at++) {
      const made = through(
        frameOf(headers, 0, 1, path.subarray(0, at)),
        frameOf(continuation, flag.endHeaders, 1, path.subarray(at)),
      );
      expect(made).toBe(encodeFrame(headers, flag.endHeaders, 1, plain).toString('hex'));
    }
  });

  it('are cut again where a block is longer than a frame', () => {
    const long = Buffer.concat([path, ...Array.from({ length: 9 }, () => longField(4_000))]);
    const made = through(
      frameOf(headers, 0, 1, long.subarray(0, 16_000)),
      frameOf(continuation, 0, 1, long.subarray(16_000, 32_000)),
      frameOf(continuation, flag.endHeaders, 1, long.subarray(32_000)),
    );
    const frames = new FrameReader().read(Buffer.concat([PREFACE, Buffer.from(made, 'hex')]));
    expect(frames.map(({ type, flags }) => [type, flags])).toEqual([
      [headers, 0],
      [continuation, 0],
      [continuation, flag.endHeaders],
    ]);
    const block = Buffer.concat(frames.map(({ payload }) => payload));
    expect(block).toEqual(Buffer.concat([plain, long.subarray(path.length)]));
  });

  it.each<[string, Frame[]]>([
    ['another frame within a block', [frameOf(headers, 0, 1, path), frameOf(data, 0, 1, Buffer.alloc(1))]],
    ['another stream’s part of a block', [frameOf(headers, 0, 1, path), frameOf(continuation, 4, 3, path)]],
    ['headers within a block', [frameOf(headers, 0, 1, path), frameOf(headers, 4, 1, path)]],
    ['a part of no block', [frameOf(continuation, flag.endHeaders, 1, path)]],
    ['headers of no stream', [frameOf(headers, flag.endHeaders, 0, path)]],
    ['padding beyond the frame', [frameOf(headers, flag.padded | flag.endHeaders, 1, Buffer.from([9, ...path]))]],
    ['no room for the padding’s length', [frameOf(headers, flag.padded | flag.endHeaders, 1, Buffer.alloc(0))]],
    ['no room for the priority', [frameOf(headers, flag.priority | flag.endHeaders, 1, Buffer.alloc(4))]],
    ['a flood of parts', Array.from({ length: 10 }, (_, i) => frameOf(i === 0 ? headers : continuation, 0, 1, path))],
    [
      'a block without measure',
      Array.from({ length: 5 }, (_, i) => frameOf(i === 0 ? headers : continuation, 0, 1, Buffer.alloc(16_384))),
    ],
  ])('are refused for %s', (_what, frames) => {
    expect(() => through(...frames)).toThrow(MalformedError);
  });
});

describe('a client’s octets', () => {
  const frames = [
    frameOf(4, 0, 0, Buffer.alloc(0)),
    frameOf(headers, 4, 1, path),
    frameOf(data, 0, 1, Buffer.alloc(16_384)),
  ];
  const whole = Buffer.concat([PREFACE, ...frames.map(({ octets }) => octets)]);

  it('are the same frames however they are cut', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: whole.length }), { maxLength: 20 }), (cuts) => {
        const reader = new FrameReader();
        const at = [0, ...cuts.sort((a, b) => a - b), whole.length];
        const read = at.slice(1).flatMap((to, index) => reader.read(whole.subarray(at[index], to)));
        expect(read.map(({ octets }) => octets.toString('hex'))).toEqual(
          frames.map(({ octets }) => octets.toString('hex')),
        );
        expect(reader.rest()).toHaveLength(0);
      }),
    );
  });

  it('may come one by one', () => {
    const reader = new FrameReader();
    const read = [...whole].flatMap((octet) => reader.read(Buffer.of(octet)));
    expect(read.map(({ type }) => type)).toEqual([4, headers, data]);
  });

  it.each([
    ['HTTP/1', Buffer.from('GET / HTTP/1.1\r\n')],
    ['nothing like it', Buffer.from('PRJ')],
    ['a frame beyond 16 KiB', Buffer.concat([PREFACE, Buffer.from('004001000000000001', 'hex')])],
  ])('are refused for %s', (_what, octets) => {
    expect(() => new FrameReader().read(octets)).toThrow(MalformedError);
  });

  it('are passed on or refused, whatever they are', () => {
    const frame = fc.record({
      type: fc.integer({ min: 0, max: 12 }),
      flags: fc.integer({ min: 0, max: 255 }),
      stream: fc.integer({ min: 0, max: 4 }),
      payload: fc.uint8Array({ maxLength: 60 }),
    });
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 12 }), (given) => {
        const reader = new FrameReader();
        const authorities = new PlainAuthorities();
        const octets = given.map(({ type, flags, stream, payload }) =>
          encodeFrame(type, flags, stream, Buffer.from(payload)),
        );
        try {
          const read = reader.read(Buffer.concat([PREFACE, ...octets]));
          expect(read).toHaveLength(given.length);
          for (const each of read) authorities.take(each);
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedError);
        }
      }),
      { numRuns: 3_000 },
    );
  });
});

/** A field named by index 32 with a value of that many octets, as a literal. */
const longField = (length: number): Buffer => {
  const rest = length - 127;
  return Buffer.concat([Buffer.from([0x0f, 17, 127, (rest % 128) | 0x80, rest >> 7]), Buffer.alloc(length, 'v')]);
};
