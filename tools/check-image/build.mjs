import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { quoted, run } from './shell.mjs';

/** What of this machine no image has. */
export const HIDDEN = ['/work', '/home', '/root', '/tmp', '/run', '/srv', '/mnt'];

/** A shell line that makes `root` look like this machine's root with `upper` over it. */
export const mountRoot = (root, upper) => {
  const work = `${upper}.work`;
  return [
    `mkdir -p ${quoted(root)} ${quoted(work)}`,
    `mount -t overlay overlay -o lowerdir=/,upperdir=${quoted(upper)},workdir=${quoted(work)} ${quoted(root)}`,
    ...HIDDEN.map(
      (path) => `if [ -d ${quoted(root + path)} ]; then mount -t tmpfs -o mode=0755 tmpfs ${quoted(root + path)}; fi`,
    ),
    `chmod 1777 ${quoted(`${root}/tmp`)}`,
    `mount --bind /proc ${quoted(`${root}/proc`)}`,
    `mount --bind /dev ${quoted(`${root}/dev`)}`,
  ].join(' && ');
};

const contextFiles = async (source) => {
  const ignored = readFileSync(join(source, '.dockerignore'), 'utf8').split('\n').filter(Boolean);
  const patterns = ignored.map((line) => {
    const escaped = line
      .replace(/[.+^$()|[\]{}]/g, '\\$&')
      .replace(/^\*\*\//, '\u0000')
      .replace(/\*/g, '[^/]*');
    return new RegExp(`^${escaped.replace('\u0000', '(.*/)?')}(/|$)`);
  });
  const listed = await run('git', ['-C', source, 'ls-files', '-z', '--cached', '--others', '--exclude-standard']);
  return listed
    .split('\0')
    .filter((name) => name && !patterns.some((pattern) => pattern.test(name)) && existsSync(join(source, name)));
};

/**
 * Does what each line of the Dockerfile says, in a layer over this machine's own Debian instead of the base image's.
 * Gives the directory with what the last stage has added.
 */
export const build = async (source, scratch, stages, say) => {
  const uppers = new Map();
  let upper;
  for (const [index, { from, name = `stage ${index}`, steps }] of stages.entries()) {
    say(`FROM ${from} AS ${name}`);
    upper = join(scratch, `upper-${index}`);
    mkdirSync(upper);
    uppers.set(name, upper);
    let workdir = '/';
    for (const { op, text } of steps) {
      if (op === 'WORKDIR') {
        workdir = text;
        mkdirSync(upper + workdir, { recursive: true });
      } else if (op === 'COPY') await copy(source, uppers, upper, workdir, text);
      else if (op === 'RUN') {
        say(`  RUN ${text}`);
        const root = join(scratch, `root-${index}`);
        const inside = `cd ${quoted(workdir)} && export HOME=/tmp/home CI=true && ${text}`;
        await run('unshare', [
          '-m',
          'sh',
          '-ec',
          `${mountRoot(root, upper)} && exec chroot ${quoted(root)} sh -ec ${quoted(inside)}`,
        ]);
      }
    }
  }
  return upper;
};

const copy = async (source, uppers, upper, workdir, text) => {
  const { from, paths } = /^(?:--from=(?<from>\S+)\s+)?(?<paths>.*)$/.exec(text).groups;
  const [what, where] = paths.split(/\s+/);
  const target = join(upper, workdir, where);
  if (from === undefined) {
    for (const file of await contextFiles(source))
      cpSync(join(source, file), join(target, file), { verbatimSymlinks: true });
  } else {
    const found = join(uppers.get(from), what);
    // As a builder does: a file goes into a directory whose name ends with a slash, a directory's content into the other.
    const into = where.endsWith('/') ? join(target, what.split('/').at(-1)) : target;
    mkdirSync(join(into, '..'), { recursive: true });
    await run('cp', ['-a', '-T', found, into]);
  }
};

export const sizeOf = async (directory) => {
  const lines = await run('du', ['-sm', ...readdirSync(directory).map((name) => join(directory, name))]);
  return lines
    .trim()
    .split('\n')
    .reduce((sum, line) => sum + Number.parseInt(line, 10), 0);
};
