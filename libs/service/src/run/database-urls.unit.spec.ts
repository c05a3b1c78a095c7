import { writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keys, loadConfig } from '@cartulary/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databaseUrlsOf } from './database-urls.js';

describe('databaseUrlsOf', () => {
  let directory: string;
  let ca: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'cartulary-urls-'));
    ca = join(directory, 'ca.crt');
    writeFileSync(ca, 'a certificate');
    writeFileSync(join(directory, 'password'), 'p@ss/word\n');
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  const urls = (environment: Record<string, string>) => databaseUrlsOf(loadConfig(keys, { environment }));

  it('has none of its own', () => expect(urls({})).toEqual({}));

  it('puts in what is given apart: a password by its file, a CA', () => {
    const given = {
      CARTULARY_DATABASE_URL: 'postgres://services@db/cartulary',
      CARTULARY_DATABASE_PASSWORD_FILE: join(directory, 'password'),
      CARTULARY_DATABASE_CA_FILE: ca,
    };
    const { service = '', owner } = urls(given);
    expect(owner).toBe(service);
    const url = new URL(service);
    expect(decodeURIComponent(url.password)).toBe('p@ss/word');
    expect(Object.fromEntries(url.searchParams)).toEqual({ sslrootcert: ca, sslmode: 'verify-full' });
    expect(
      urls({ ...given, CARTULARY_DATABASE_URL: 'postgres://services@db/cartulary?sslmode=verify-ca' }).service,
    ).toContain('sslmode=verify-ca');
  });

  it('keeps the owner’s password and the services’ apart', () => {
    const { service, owner } = urls({
      CARTULARY_DATABASE_URL: 'postgres://services@db/cartulary',
      CARTULARY_DATABASE_OWNER_URL: 'postgres://owner@db/cartulary',
      CARTULARY_DATABASE_PASSWORD: 'one',
      CARTULARY_DATABASE_OWNER_PASSWORD: 'two',
    });
    expect([service, owner]).toEqual(['postgres://services:one@db/cartulary', 'postgres://owner:two@db/cartulary']);
  });

  it('says which key is wrong, and no secret', () => {
    const twice = { CARTULARY_DATABASE_URL: 'postgres://a:hidden@db/c', CARTULARY_DATABASE_PASSWORD: 'veiled' };
    expect(() => urls(twice)).toThrow(/CARTULARY_DATABASE_URL: a password is given twice/);
    for (const wrong of [twice, { CARTULARY_DATABASE_URL: 'postgresql//a:hidden@db/c' }]) {
      const message = (() => {
        try {
          return JSON.stringify(urls(wrong));
        } catch (error) {
          return String(error);
        }
      })();
      expect(message).toContain('CARTULARY_DATABASE_URL');
      expect(message).not.toMatch(/hidden|veiled/);
    }
    expect(() => urls({ CARTULARY_DATABASE_URL: 'postgres://a@db/c?sslmode=prefer' })).toThrow(
      'could end in plaintext',
    );
    const missing = { CARTULARY_DATABASE_URL: 'postgres://a@db/c', CARTULARY_DATABASE_CA_FILE: '/nowhere' };
    expect(() => urls(missing)).toThrow('/nowhere cannot be read');
    expect(() => urls({ CARTULARY_DATABASE_KEY_FILE: ca })).toThrow('a client certificate and its key go together');
  });
});
