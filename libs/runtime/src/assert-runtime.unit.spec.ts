import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { assertRuntime } from './assert-runtime.js';

const on = (version: string): { exits: number[]; text: string } => {
  const seen = { exits: [] as number[], text: '' };
  assertRuntime({ version, write: (text) => (seen.text += text), exit: (code) => seen.exits.push(code) });
  return seen;
};

describe('assertRuntime', () => {
  it('lets Node 24 pass', () => {
    expect(on('v24.21.0')).toEqual({ exits: [], text: '' });
  });

  it.each(['v20.19.0', 'v22.1.0', 'v25.0.0', 'v240.0.0', ''])('ends %j with an explanation', (version) => {
    const { exits, text } = on(version);
    expect(exits).toEqual([78]);
    expect(text).toContain('node_modules/.bin/node');
  });
});

describe('the pinned Node', () => {
  it('is the one that package.json installs', () => {
    const json = (path: string): unknown => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));
    const { version } = json('../pinned-node.json') as { version: string };
    expect(json('../../../package.json')).toMatchObject({ dependencies: { node: version } });
    expect(process.version).toBe(`v${version}`);
  });
});
