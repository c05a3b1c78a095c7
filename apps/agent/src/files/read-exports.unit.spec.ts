import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { NodeFileError } from '../configuration/fields.js';
import { parseExports, readExports } from './read-exports.js';

const cart = 'spiffe://cluster.local/ns/shop/sa/cart';
const one = { identity: cart, directory: '/etc/mesh/cart' };
const parse = (...exports: object[]) => parseExports(JSON.stringify({ exports }));

describe('the file of exports', () => {
  it('says what is written where, and who is told', () => {
    const command = ['/usr/sbin/nginx', '-s', 'reload'];
    const other = { ...one, directory: '/etc/mesh/other' };
    expect(
      parse(
        { ...one, uid: 0, gid: 33, keyMode: '0640', reload: { command, timeoutSeconds: 5 } },
        { ...other, reload: { pidFile: '/run/haproxy.pid', signal: 'SIGUSR2' } },
      ),
    ).toEqual([
      { ...one, uid: 0, gid: 33, keyMode: 0o640, reload: { command, timeout: 5_000 } },
      {
        ...other,
        ...{ uid: process.getuid!(), gid: process.getgid!(), keyMode: 0o600 },
        reload: { pidFile: '/run/haproxy.pid', signal: 'SIGUSR2' },
      },
    ]);
  });

  it.each([
    ['another key', { ...one, file: 'x' }, 'exports[0].file'],
    ['no identity', { directory: '/a' }, 'exports[0].identity'],
    ['an identity that is none', { ...one, identity: 'cart' }, 'exports[0].identity'],
    ['a path that is not absolute', { ...one, directory: 'etc/mesh' }, 'exports[0].directory'],
    ['a path that goes up', { ...one, directory: '/etc/mesh/../passwd' }, 'exports[0].directory'],
    ['the root', { ...one, directory: '/' }, 'exports[0].directory'],
    ['a NUL', { ...one, directory: '/etc/mesh\0' }, 'exports[0].directory'],
    ['a key for everybody', { ...one, keyMode: '0644' }, 'exports[0].keyMode'],
    ['a uid that is none', { ...one, uid: -1 }, 'exports[0].uid'],
    ['a uid that means nobody is changed', { ...one, uid: 0xffff_ffff }, 'exports[0].uid'],
    [
      'a program by its name',
      { ...one, reload: { command: ['nginx', '-s', 'reload'] } },
      'exports[0].reload.command[0]',
    ],
    ['an argument with a NUL', { ...one, reload: { command: ['/x', 'a\0b'] } }, 'exports[0].reload.command[1]'],
    ['a command line', { ...one, reload: { command: 'nginx -s reload' } }, 'exports[0].reload.command'],
    ['a command and a pid', { ...one, reload: { command: ['/x'], pidFile: '/y' } }, 'exports[0].reload.pidFile'],
    ['neither', { ...one, reload: {} }, 'exports[0].reload.pidFile'],
    [
      'a signal that ends processes',
      { ...one, reload: { pidFile: '/y', signal: 'SIGKILL' } },
      'exports[0].reload.signal',
    ],
    ['no time', { ...one, reload: { command: ['/x'], timeoutSeconds: 0 } }, 'exports[0].reload.timeoutSeconds'],
  ])('is refused with %s', (_what, given, at) => {
    const attempt = () => parse(given);
    expect(attempt).toThrow(NodeFileError);
    expect(attempt).toThrow(at);
  });

  it('is refused with one directory twice, or within another', () => {
    expect(() => parse(one, one)).toThrow('exports[0].directory');
    expect(() => parse(one, { ...one, directory: '/etc/mesh/cart/below' })).toThrow('exports[1].directory');
    expect(parse(one, { ...one, directory: '/etc/mesh/cart2' })).toHaveLength(2);
  });

  it('is refused where others may write to it', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'exports-'));
    const file = join(directory, 'exports.json');
    await writeFile(file, JSON.stringify({ exports: [one] }), { mode: 0o600 });
    expect(await readExports(file)).toHaveLength(1);
    await chmod(file, 0o666);
    await expect(readExports(file)).rejects.toThrow('written to by others');
    await rm(directory, { recursive: true });
  });

  it('is refused where it is no JSON, or not there', async () => {
    expect(() => parseExports('{')).toThrow(NodeFileError);
    await expect(readExports('/nonexistent')).rejects.toThrow('ENOENT');
  });
});
