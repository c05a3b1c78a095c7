import { createHash } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const alive = (pid) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
};

const tryTake = (path) => {
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    return false;
  }
};

const ownerOf = (path) => {
  try {
    return Number(readFileSync(path, 'utf8')) || undefined;
  } catch {
    return undefined;
  }
};

// Two may find the same dead owner at once. Renaming is atomic, so only one moves the file away; should it turn out to be
// a new owner's by then, it is put back.
const discard = (path, deadOwner) => {
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
    if (ownerOf(aside) !== deadOwner) linkSync(aside, path);
    rmSync(aside);
  } catch {
    // Somebody else was faster.
  }
};

/** Does `work` while no other process does work for the same directory. Survives owners that were killed. */
export const exclusively = async (directory, work, say = () => {}) => {
  const name = createHash('sha256').update(directory).digest('hex').slice(0, 16);
  const path = join(tmpdir(), `cartulary-setup-${userInfo().uid}-${name}.lock`);
  let told = false;
  while (!tryTake(path)) {
    const owner = ownerOf(path);
    if (owner !== undefined && !alive(owner)) discard(path, owner);
    else {
      if (!told) say(`another setup is under way (process ${owner ?? '?'}), waiting for it`);
      told = true;
      await sleep(200);
    }
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
};
