import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@cartulary/runtime';
import { InMemoryTransport } from '@cartulary/transport/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TestDomain } from '../testing/index.js';
import { DataDirectory } from './data-directory.js';
import { openKeptIssuers } from './kept-issuers.js';

describe('kept issuers', () => {
  let domain: TestDomain;
  let data: DataDirectory;
  const transports: InMemoryTransport[] = [];
  beforeEach(async () => {
    domain = await TestDomain.create();
    data = new DataDirectory(mkdtempSync(join(tmpdir(), 'kept-issuers-')));
  });
  afterEach(async () => {
    domain.ledger.unavailable = false;
    await Promise.all(transports.splice(0).map((transport) => transport.close()));
    rmSync(data.path, { recursive: true });
  });
  const open = () => {
    const transport = new InMemoryTransport(domain.ledger);
    transports.push(transport);
    return openKeptIssuers(transport, data, silentLogger());
  };
  const file = () => JSON.parse(readFileSync(data.file('issuers.json'), 'utf8')) as { type: string }[];

  it('are there again while the events can’t be reached', async () => {
    const first = await open();
    expect(first.all().length).toBeGreaterThan(3);
    await vi.waitFor(() => expect(file().length).toBeGreaterThanOrEqual(first.all().length), { timeout: 15_000 });
    domain.ledger.unavailable = true;
    expect((await open()).all()).toEqual(first.all());
  });

  it('grow with the events that come later', async () => {
    const directory = await open();
    await vi.waitFor(() => expect(file()).toBeDefined(), { timeout: 15_000 });
    const { issuerId } = domain.issuer('workload');
    const data = { issuerId, retiredAt: '2026-03-01T12:00:00.000Z' };
    await domain.append(`issuer-${issuerId}`, { type: 'IssuerRetired', data });
    await vi.waitFor(() => expect(file().at(-1)).toEqual({ type: 'IssuerRetired', data }), { timeout: 15_000 });
    expect(directory.get(issuerId).status).toBe('retired');
  });

  it('are read anew where what was kept is damaged', async () => {
    writeFileSync(data.file('issuers.json'), '[{"type":');
    expect((await open()).all().length).toBeGreaterThan(3);
  });
});
