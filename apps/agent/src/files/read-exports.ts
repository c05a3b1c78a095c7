import { open } from 'node:fs/promises';
import { isAbsolute, normalize } from 'node:path';
import { Fields, identity, NodeFileError } from '../configuration/fields.js';
import type { FileExport, ReloadCommand, ReloadSignal } from './file-export.js';

const LONGEST_FILE = 1 << 20;
const MOST_ID = 0xffff_fffe;
const LONGEST_TIMEOUT_S = 300;

/** No `..`, no `//`, no end with a slash: one path has one name here. */
const path = (text: string): string | undefined => {
  const plain = isAbsolute(text) && normalize(text) === text && text !== '/' && !text.endsWith('/');
  return plain && !text.includes('\0') ? undefined : 'is no absolute path without `..`';
};

const argument = (text: string): string | undefined => (text.includes('\0') ? 'has a NUL in it' : undefined);

const reload = (fields: Fields): ReloadCommand | ReloadSignal => {
  fields.only('command', 'timeoutSeconds', 'pidFile', 'signal');
  const command = fields.texts('command', argument);
  if (command.length === 0) {
    const signal = fields.oneOf('signal', ['SIGHUP', 'SIGUSR1', 'SIGUSR2'], 'SIGHUP');
    return { pidFile: fields.text('pidFile', path), signal };
  }
  fields.only('command', 'timeoutSeconds');
  const problem = path(command[0]!);
  if (problem !== undefined) throw new NodeFileError(`${fields.at('command')}[0]`, problem);
  return { command, timeout: fields.whole('timeoutSeconds', 1, LONGEST_TIMEOUT_S, 10) * 1_000 };
};

const fileExport = (fields: Fields): FileExport => {
  fields.only('identity', 'directory', 'uid', 'gid', 'keyMode', 'reload');
  const asked = fields.child('reload');
  return {
    identity: fields.text('identity', identity),
    directory: fields.text('directory', path),
    uid: fields.whole('uid', 0, MOST_ID, process.getuid!()),
    gid: fields.whole('gid', 0, MOST_ID, process.getgid!()),
    keyMode: Number.parseInt(fields.oneOf('keyMode', ['0400', '0440', '0600', '0640'], '0600'), 8),
    ...(asked && { reload: reload(asked) }),
  };
};

/** Reads and checks the whole of it. Throws NodeFileError, which says where. */
export const parseExports = (text: string): readonly FileExport[] => {
  const fields = Fields.of(text);
  fields.only('exports');
  const exports = fields.list('exports').map(fileExport);
  exports.forEach(({ directory }, index) => {
    const other = exports.find((each, position) => {
      const within = `${directory}/`.startsWith(`${each.directory}/`);
      return position !== index && within;
    });
    if (other) throw new NodeFileError(`exports[${index}].directory`, `is another’s, or within it: ${other.directory}`);
  });
  return exports;
};

const OTHERS_WRITE = 0o022;

/**
 * Whoever may write to the file says what is run as the agent's user, so that it must be this one's or root's. Throws
 * NodeFileError, also where it can't be read.
 */
export const readExports = async (file: string): Promise<readonly FileExport[]> => {
  let handle;
  try {
    handle = await open(file);
  } catch (error) {
    throw new NodeFileError('', (error as NodeJS.ErrnoException).code ?? 'cannot be read', { cause: error });
  }
  try {
    const { uid, mode, size } = await handle.stat();
    if (uid !== 0 && uid !== process.getuid?.()) throw new NodeFileError('', 'belongs to another user');
    if ((mode & OTHERS_WRITE) !== 0) throw new NodeFileError('', 'may be written to by others (chmod go-w)');
    if (size > LONGEST_FILE) throw new NodeFileError('', `is longer than ${LONGEST_FILE} bytes`);
    return parseExports(await handle.readFile('utf8'));
  } finally {
    await handle.close();
  }
};
