import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const main = fileURLToPath(new URL('../../bench/main.mjs', import.meta.url));

const bench = async (...args: string[]): Promise<{ code: number | null; output: string }> => {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
};

// The ledger's needs nothing but Postgres; its figures, on a machine that runs tests, say nothing.
describe('npm run bench', () => {
  it('measures a group in small and counts what is met and missed', async () => {
    const { code, output } = await bench('ledger', '--quick');
    expect(code, output).toBe(0);
    expect(output).toMatch(/^ledger append, batched.* \d.* % .*≥ 60 % .*≥ 80 % +(met|missed)$/m);
    expect(output.trimEnd()).toMatch(/\n\d+ met, \d+ missed$/);
  }, 600_000);

  it('knows its groups', async () => {
    const { code, output } = await bench('nonsense');
    expect(code).toBe(1);
    expect(output).toContain('no such group: nonsense');
  });
});
