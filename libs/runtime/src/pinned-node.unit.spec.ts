import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const directory = mkdtempSync(join(tmpdir(), 'cartulary-pinned-'));
afterAll(() => rmSync(directory, { recursive: true }));

const pinnedNode = pathToFileURL(join(import.meta.dirname, '..', 'pinned-node.mjs')).href;

const script = (name: string, source: string): string => {
  const path = join(directory, name);
  writeFileSync(path, source);
  return path;
};

/** A parent that runs `child` through runAs, and what both of them said. */
const start = (name: string, child: string) => {
  const inner = script(`${name}-child.mjs`, child);
  const outer = script(
    `${name}.mjs`,
    `import { runAs } from ${JSON.stringify(pinnedNode)};
     process.exit(await runAs(process.execPath, [${JSON.stringify(inner)}, 'one', 'two words']));`,
  );
  const parent = spawn(process.execPath, [outer], { stdio: ['ignore', 'pipe', 'inherit'] });
  const seen = { text: '' };
  parent.stdout.on('data', (data: Buffer) => (seen.text += data.toString()));
  const code = new Promise<number | null>((resolve) => parent.on('exit', resolve));
  return { parent, seen, code };
};

describe('runAs', () => {
  it('passes on arguments and the exit code', async () => {
    const { seen, code } = start('plain', `console.log(process.argv.slice(2)); process.exit(7);`);
    expect(await code).toBe(7);
    expect(seen.text).toContain("[ 'one', 'two words' ]");
  });

  it('passes a signal on and waits for what the child makes of it', async () => {
    const child = `process.on('SIGTERM', () => setTimeout(() => process.exit(5), 50));
      setInterval(() => {}, 1000); console.log('up');`;
    const { parent, seen, code } = start('signal', child);
    await expect.poll(() => seen.text, { timeout: 5_000 }).toContain('up');
    parent.kill('SIGTERM');
    expect(await code).toBe(5);
  });

  it('says by which signal the child died', async () => {
    const { code } = start('killed', `process.kill(process.pid, 'SIGKILL'); setInterval(() => {}, 1000);`);
    expect(await code).toBe(137);
  });

  it('lets the child know when it is killed outright', async () => {
    const witness = join(directory, 'witness');
    const child = `import { writeFileSync } from 'node:fs';
      process.on('disconnect', () => { writeFileSync(${JSON.stringify(witness)}, ''); process.exit(); });
      console.log('up');`;
    const { parent, seen } = start('orphan', child);
    await expect.poll(() => seen.text, { timeout: 5_000 }).toContain('up');
    parent.kill('SIGKILL');
    await expect.poll(() => existsSync(witness), { timeout: 5_000 }).toBe(true);
  });
});
