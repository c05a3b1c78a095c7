import { createPrivateKey, X509Certificate } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseCrl, pemToDer } from '@cartulary/x509';
import type { Selector } from '../authority/authority.js';
import { type FileExport, TestAgent } from '../testing/index.js';
import { fitsOwner } from './file-exports.js';

const cart = 'spiffe://cluster.local/ns/shop/sa/cart';
const own = { uid: process.getuid!(), gid: process.getgid!() };
const patience = { timeout: 10_000 };

describe('files for software that knows neither SDS nor SPIFFE', () => {
  let parent: string;
  let directory: string;
  let agent: TestAgent;
  beforeEach(async () => {
    parent = await mkdtemp(join(await realpath(tmpdir()), 'exports-'));
    directory = join(parent, 'cart');
  });
  afterEach(async () => {
    await agent.close();
    await rm(parent, { recursive: true, force: true });
  });

  const start = async (more: Partial<FileExport> = {}, selector: Selector = own): Promise<void> => {
    agent = await TestAgent.start({ exports: [{ identity: cart, directory, ...own, keyMode: 0o600, ...more }] });
    place(selector);
  };
  const place = (selector: Selector, suspended = false): void =>
    agent.authority.place([{ spiffeId: cart, selectors: [selector], suspended }]);
  const read = (name: string): Promise<string> => readFile(join(directory, 'current', name), 'utf8');
  const leaf = async (): Promise<X509Certificate> => new X509Certificate(await read('tls.crt'));
  const metric = async (line: string): Promise<boolean> => (await agent.metrics.render()).includes(line);
  const revoked = async (): Promise<readonly string[]> => {
    const blocks = (await read('crl.pem')).split(/(?<=-----END X509 CRL-----\n)/);
    return blocks.flatMap((pem) => parseCrl(pemToDer(pem, 'X509 CRL')).entries.map(({ serial }) => serial));
  };

  it('are there whole, with every CRL, and follow rotations and revocations', async () => {
    const said = join(parent, 'reloads');
    await start({
      reload: { command: ['/bin/sh', '-c', `cat ${directory}/current/version >> ${said}`], timeout: 5_000 },
    });
    const first = await vi.waitFor(leaf, patience);
    expect(first.subjectAltName).toBe(`URI:${cart}`);
    expect(first.checkPrivateKey(createPrivateKey(await read('tls.key')))).toBe(true);
    expect(await read('server.pem')).toBe((await read('tls.crt')) + (await read('tls.key')));
    expect((await read('crl.pem')).match(/BEGIN X509 CRL/g)).toHaveLength(3);
    expect(new X509Certificate(await read('ca.crt')).raw).toEqual(agent.authority.ca.bundle.anchors[0]);

    await agent.authority.revoke('0a');
    await vi.waitFor(async () => expect(await revoked()).toEqual(['0a']), patience);
    agent.authority.rotateAll();
    await vi.waitFor(async () => expect((await leaf()).serialNumber).not.toBe(first.serialNumber), patience);
    await vi.waitFor(async () => {
      const lines = (await readFile(said, 'utf8')).trimEnd().split('\n');
      // Each set was there when its reader was told of it, and none was told twice.
      expect(lines.at(-1)).toBe((await read('version')).trimEnd());
      expect(new Set(lines).size).toBe(lines.length);
    }, patience);
    const written = `cartulary_agent_exports_total{directory="${directory}",step="write"} 3`;
    expect(await metric(written)).toBe(true);
  });

  it('follow at once when the certificate in them was revoked', async () => {
    await start();
    const first = await vi.waitFor(leaf, patience);
    await agent.authority.revoke(first.serialNumber.toLowerCase());
    await vi.waitFor(async () => expect((await leaf()).serialNumber).not.toBe(first.serialNumber), patience);
  });

  it('are one reload for a burst, one after the other', async () => {
    const said = join(parent, 'reloads');
    const script = `echo begin >> ${said}; sleep 0.3; echo end >> ${said}`;
    await start({ reload: { command: ['/bin/sh', '-c', script], timeout: 5_000 } });
    await vi.waitFor(leaf, patience);
    for (let serial = 16; serial < 36; serial++) await agent.authority.revoke(serial.toString(16));
    await vi.waitFor(async () => expect(await revoked()).toHaveLength(20), patience);
    await vi.waitFor(
      async () => expect(await metric(`agent_exports_total{directory="${directory}",step="reload"} 2`)).toBe(true),
      patience,
    );
    expect((await readFile(said, 'utf8')).trimEnd().split('\n')).toEqual(['begin', 'end', 'begin', 'end']);
  });

  it('are tried for again where their reader could not be told, which is counted', async () => {
    const flag = join(parent, 'flag');
    await start({ reload: { command: ['/bin/sh', '-c', `test -e ${flag}`], timeout: 5_000 } });
    const counted = `agent_export_failures_total{directory="${directory}",code="EXPORT_RELOAD_FAILED"}`;
    await vi.waitFor(async () => expect(await metric(counted)).toBe(true), patience);
    await vi.waitFor(async () => {
      const [, behind] = /export_behind_seconds\{[^}]*\} ([0-9.]+)/.exec(await agent.metrics.render()) ?? [];
      expect(Number(behind)).toBeGreaterThan(0);
    }, patience);
    await writeFile(flag, '');
    await vi.waitFor(
      async () => expect(await metric(`agent_export_behind_seconds{directory="${directory}"} 0`)).toBe(true),
      patience,
    );
  });

  it('are written once the directory is as it should be', async () => {
    await mkdir(directory);
    await chmod(directory, 0o777);
    await start();
    const counted = `agent_export_failures_total{directory="${directory}",code="EXPORT_DIRECTORY_INSECURE"}`;
    await vi.waitFor(async () => expect(await metric(counted)).toBe(true), patience);
    expect(await readdir(directory)).toEqual([]);
    await chmod(directory, 0o755);
    await vi.waitFor(leaf, patience);
  });

  it('go with the identity', async () => {
    await start();
    await vi.waitFor(leaf, patience);
    place(own, true);
    await vi.waitFor(async () => expect(await readdir(directory)).toEqual([]), patience);
    place(own);
    await vi.waitFor(leaf, patience);
  });

  it('are taken away as soon as that can be done', async () => {
    await start();
    await vi.waitFor(leaf, patience);
    await chmod(directory, 0o777);
    place(own, true);
    const counted = `agent_export_failures_total{directory="${directory}",code="EXPORT_DIRECTORY_INSECURE"}`;
    await vi.waitFor(async () => expect(await metric(counted)).toBe(true), patience);
    await chmod(directory, 0o755);
    await vi.waitFor(async () => expect(await readdir(directory)).toEqual([]), patience);
  });

  it('are not written for an owner that the CA has not placed the identity for', async () => {
    await start({}, { uid: own.uid + 1 });
    await new Promise((resolve) => setTimeout(resolve, 500));
    await expect(readdir(directory)).rejects.toThrow('ENOENT');
  });

  it('are told of anew by the next agent, which has no other reason to write', async () => {
    const said = join(parent, 'reloads');
    const environment = { CARTULARY_AGENT_KEYS: 'files' };
    const reload = { command: ['/bin/sh', '-c', `echo >> ${said}`], timeout: 5_000 };
    const exports = [{ identity: cart, directory, ...own, keyMode: 0o600, reload }];
    agent = await TestAgent.start({ environment, exports });
    place(own);
    await vi.waitFor(async () => expect(await readFile(said, 'utf8')).toBe('\n'), patience);
    const set = await realpath(join(directory, 'current'));
    await agent.stop();
    const { authority, directory: kept } = agent;
    agent = await TestAgent.start({ environment, exports, authority, directory: kept });
    await vi.waitFor(async () => expect(await readFile(said, 'utf8')).toBe('\n\n'), patience);
    expect(await realpath(join(directory, 'current'))).toBe(set);
  });
});

describe('an owner of files', () => {
  const owner = { uid: 33, gid: 34 };
  it.each<[boolean, string, Selector]>([
    [true, 'its uid', { uid: 33 }],
    [true, 'its gid', { gid: 34 }],
    [true, 'both', { uid: 33, gid: 34 }],
    [false, 'another uid', { uid: 34 }],
    [false, 'another gid', { uid: 33, gid: 33 }],
    [false, 'a program', { uid: 33, path: '/usr/sbin/nginx' }],
    [false, 'nothing', {}],
  ])('fits: %s, for %s', (expected, _what, selector) => {
    expect(fitsOwner(selector, owner)).toBe(expected);
  });
});
