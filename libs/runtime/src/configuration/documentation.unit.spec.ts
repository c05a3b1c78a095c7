import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { listKeys } from './define-config.js';
import { describeConfig } from './describe-config.js';
import { keys } from './keys.js';
import { loadConfig } from './load-config.js';

const page = readFileSync(new URL('../../../../docs/configuration.md', import.meta.url), 'utf8');

describe('docs/configuration.md', () => {
  it('says what keys.ts says (npm run docs:configuration writes it anew)', () => {
    expect(page).toContain(describeConfig(keys));
  });

  it('shows a configuration file that is one', () => {
    const [, example = ''] = /```json\n([^]*?)```/.exec(page) ?? [];
    const flags = JSON.parse(example) as Record<string, string | number>;
    expect(loadConfig(keys, { environment: {}, flags })).toMatchObject({ trustDomain: flags['trustDomain'] });
  });
});

describe('keys', () => {
  it('each say what they are and what they are by default', () => {
    for (const { name, key } of listKeys(keys)) {
      expect(key.description, name).toMatch(/\S.*\.$/);
      expect(key.default ?? key.derived ?? key.absent, name).toBeDefined();
    }
  });
});
