import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { FileExport } from './file-export.js';
import { reload } from './reload.js';

const never = new AbortController().signal;

describe('a reader', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(await realpath(tmpdir()), 'reload-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const given = (wanted: NonNullable<FileExport['reload']>): FileExport => ({
    ...{
      identity: 'spiffe://cluster.local/ns/shop/sa/cart',
      directory,
      uid: 0,
      gid: 0,
      keyMode: 0o600,
      reload: wanted,
    },
  });
  const command = (script: string, timeout = 10_000, ...args: string[]) =>
    reload(given({ command: ['/bin/sh', '-c', script, ...args], timeout }), never);

  it('is told by a program, without a shell and without the agent’s environment', async () => {
    vi.stubEnv('CARTULARY_AGENT_JOIN_TOKEN', 'secret');
    await command(`{ env; echo "$1"; } > ${directory}/out`, 10_000, 'sh', '$(id); `id`');
    vi.unstubAllEnvs();
    const said = await readFile(join(directory, 'out'), 'utf8');
    expect(said).toContain('$(id); `id`\n');
    expect(said).toContain(`CARTULARY_EXPORT_DIRECTORY=${directory}\n`);
    expect(said).not.toContain('secret');
  });

  it.each([
    ['fails', 'echo broken configuration >&2; exit 3', 'ended with 3: broken configuration'],
    ['is killed', 'kill -9 $$', 'ended with SIGKILL'],
  ])('has not been told by one that %s', async (_what, script, message) => {
    await expect(command(script)).rejects.toMatchObject({
      code: 'EXPORT_RELOAD_FAILED',
      message: expect.stringContaining(message) as string,
    });
  });

  it('has not been told by one that is not there', async () => {
    const attempt = reload(given({ command: ['/no/such/program'], timeout: 1_000 }), never);
    await expect(attempt).rejects.toMatchObject({ code: 'EXPORT_RELOAD_FAILED' });
  });

  it('has not been told by one that does not end; it and what it started are killed', async () => {
    const attempt = command(`sleep 60 & echo $! > ${directory}/pid; wait`, 300);
    await expect(attempt).rejects.toMatchObject({ code: 'EXPORT_RELOAD_TIMEOUT' });
    const pid = (await readFile(join(directory, 'pid'), 'utf8')).trim();
    await vi.waitFor(async () => {
      const state = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => 'gone');
      expect(state).toMatch(/gone|\) Z /);
    });
  });

  it('is waited for no longer when the agent stops', async () => {
    const stop = new AbortController();
    const attempt = reload(given({ command: ['/bin/sleep', '60'], timeout: 60_000 }), stop.signal);
    setTimeout(() => stop.abort(), 100);
    await expect(attempt).rejects.toMatchObject({ code: 'EXPORT_RELOAD_FAILED' });
  });

  describe('with a pid file', () => {
    const told = async (content: string, mode = 0o644): Promise<void> => {
      await writeFile(join(directory, 'pid'), content);
      await chmod(join(directory, 'pid'), mode);
      await reload(given({ pidFile: join(directory, 'pid'), signal: 'SIGHUP' }), never);
    };

    it('gets the signal', async () => {
      const child = spawn('/bin/sleep', ['60']);
      const exited = once(child, 'exit');
      await told(`${child.pid}\n`);
      expect(await exited).toEqual([null, 'SIGHUP']);
    });

    it.each(['', '0', '1', '-1', 'x', '12 13', '99999999999', '4294967297'])('gets none for “%s”', async (content) => {
      await expect(told(content)).rejects.toMatchObject({ code: 'EXPORT_PID_FILE' });
    });

    it('gets none where others may say whom', async () => {
      await expect(told(String(process.pid), 0o666)).rejects.toMatchObject({ code: 'EXPORT_PID_FILE' });
      await rm(join(directory, 'pid'));
      await writeFile(join(directory, 'other'), String(process.pid));
      await symlink('other', join(directory, 'pid'));
      const attempt = reload(given({ pidFile: join(directory, 'pid'), signal: 'SIGHUP' }), never);
      await expect(attempt).rejects.toMatchObject({ code: 'EXPORT_PID_FILE' });
    });

    it('gets none where it is gone', async () => {
      const child = spawn('/bin/true');
      await once(child, 'exit');
      await expect(told(String(child.pid))).rejects.toMatchObject({ code: 'EXPORT_RELOAD_FAILED' });
    });
  });
});
