import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { describeConfig, loadConfig } from '@cartulary/runtime';
import { agentConfiguration } from './agent-configuration.js';
import { notOurs } from './not-ours.js';

const page = readFileSync(new URL('../../../../docs/agent.md', import.meta.url), 'utf8');

describe('the agent’s configuration', () => {
  it('is what docs/agent.md says', () => {
    expect(page.slice(page.indexOf('## The CA\n'))).toBe(describeConfig(agentConfiguration));
  });

  it('takes no notice of the services’ variables, and knows its own', () => {
    const load = (environment: Record<string, string>) =>
      loadConfig(agentConfiguration, { environment, ignore: notOurs });
    expect(load({ CARTULARY_HTTPS_PORT: '1', CARTULARY_AGENT_KEYS: 'files' }).agentKeys).toBe('files');
    expect(() => load({ CARTULARY_AGENT_SOCKETT: '/s' })).toThrow('CARTULARY_AGENT_SOCKET');
  });

  it.each([
    ['CARTULARY_AGENT_SOCKET', 'run/agent.sock'],
    ['CARTULARY_AGENT_SOCKET', `/${'a'.repeat(120)}`],
    ['CARTULARY_AGENT_AUTHORITY', 'no port'],
    ['CARTULARY_AGENT_MAX_CONNECTIONS', '10'],
  ])('refuses %s=%s', (variable, value) => {
    const attempt = () => loadConfig(agentConfiguration, { environment: { [variable]: value }, ignore: notOurs });
    expect(attempt).toThrow('CARTULARY_AGENT_');
  });
});
