import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import type { CliContext } from '../context.js';
import { CliError } from '../exit-codes.js';

const shortest = 12;

export interface PassphraseWanted {
  /** `root key`, for the question. */
  readonly of: string;
  /** The option that names a file with it. */
  readonly option: string;
  readonly file: string | undefined;
  /** It is chosen now: it is asked for twice and may not be short. */
  readonly isNew: boolean;
}

/** From the file, or from who sits there, who does not see it. Never from an argument: others could read it. */
export const askPassphrase = async (wanted: PassphraseWanted, context: CliContext): Promise<string> => {
  const { of, option, file, isNew } = wanted;
  const text = file === undefined ? await ask(wanted, context) : (await readFile(file, 'utf8')).replace(/\r?\n$/, '');
  if (text === '') throw new CliError('usage', `the passphrase of the ${of} is empty`, `Give it with ${option}.`);
  if (isNew && text.length < shortest)
    throw new CliError('usage', `the passphrase of the ${of} has less than ${shortest} characters`);
  return text;
};

const ask = async ({ of, option, isNew }: PassphraseWanted, context: CliContext): Promise<string> => {
  if (!context.interactive)
    throw new CliError('usage', `nobody is there to type the passphrase of the ${of}`, `Name a file with ${option}.`);
  const first = await hidden(`Passphrase of the ${of}: `, context);
  if (isNew && (await hidden('Once more: ', context)) !== first)
    throw new CliError('usage', 'the two are not the same');
  return first;
};

const hidden = (question: string, { out, signal }: CliContext): Promise<string> => {
  out(question);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  return new Promise<string>((resolve, reject) => {
    const abort = (): void => reject(new CliError('interrupted', 'interrupted'));
    signal.addEventListener('abort', abort, { once: true });
    terminal.once('SIGINT', abort);
    terminal.question('', resolve);
  }).finally(() => {
    terminal.close();
    out('\n');
  });
};
