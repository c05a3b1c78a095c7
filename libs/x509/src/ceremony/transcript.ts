import { createHash } from 'node:crypto';
import { octetString, sequence, utf8String } from '../asn1/der-writer.js';

/** One line of a transcript. */
export interface TranscriptEntry {
  readonly index: number;
  /** RFC 3339. */
  readonly at: string;
  /** SHA-256 of the line before, lower-case hex; of nothing for the first. */
  readonly previous: string;
  readonly type: 'begun' | 'input' | 'root' | 'issuer' | 'crl' | 'sealed' | 'output' | 'ended';
  readonly data: Readonly<Record<string, unknown>>;
}

export const sha256 = (content: Buffer | string): string => createHash('sha256').update(content).digest('hex');

/** Everything that a ceremony took and made, in order: JSON lines, each of which names the hash of the one before. */
export class Transcript {
  readonly #lines: string[] = [];

  add(type: TranscriptEntry['type'], at: Date, data: TranscriptEntry['data']): void {
    const previous = sha256(this.#lines.at(-1) ?? '');
    const entry: TranscriptEntry = { index: this.#lines.length, at: at.toISOString(), previous, type, data };
    this.#lines.push(JSON.stringify(entry));
  }

  text(): string {
    return `${this.#lines.join('\n')}\n`;
  }
}

export interface ReadTranscript {
  readonly entries: readonly TranscriptEntry[];
  /** Empty where every line follows from the one before. */
  readonly problems: readonly string[];
}

export const readTranscript = (text: string): ReadTranscript => {
  const lines = text.split('\n').slice(0, -1);
  const problems: string[] = [];
  const entries: TranscriptEntry[] = [];
  lines.forEach((line, index) => {
    try {
      const entry = JSON.parse(line) as TranscriptEntry;
      if (entry.index !== index) problems.push(`transcript line ${index + 1} says that it is number ${entry.index}`);
      if (entry.previous !== sha256(lines[index - 1] ?? ''))
        problems.push(
          `transcript line ${index + 1} does not follow from the one before: a line was changed, added or left out`,
        );
      if (typeof entry.data !== 'object' || entry.data === null) throw new SyntaxError('no data');
      entries.push(entry);
    } catch {
      problems.push(`transcript line ${index + 1} can't be read`);
    }
  });
  if (entries[0]?.type !== 'begun' || entries.at(-1)?.type !== 'ended') problems.push('the transcript is not whole');
  return { entries, problems };
};

/** What the root signs of a transcript. Its first element tells it from everything else that a CA signs. */
export const transcriptToBeSigned = (text: string): Buffer =>
  sequence(utf8String('cartulary-ceremony-transcript-1'), octetString(Buffer.from(sha256(text), 'hex')));
