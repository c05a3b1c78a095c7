import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Secret } from '../configuration/secret.js';
import { correlation, newCorrelation, setCaller, withCorrelation } from './correlation.js';
import { createLogger, type LoggerOptions } from './logger.js';
import { NestLogger } from './nest-logger.js';

const recorder = (options: LoggerOptions = {}) => {
  const lines: string[] = [];
  const logger = createLogger({ level: 'trace', ...options, destination: { write: (line) => void lines.push(line) } });
  return { logger, lines, last: () => JSON.parse(lines.at(-1) ?? '{}') as Record<string, unknown> };
};
const pem = '-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMG\n-----END PRIVATE KEY-----';

describe('a log line', () => {
  it('is JSON with a UTC time, what was given and the words', () => {
    const { logger, last } = recorder({ base: { service: 'issuance' } });
    logger.child({ scope: 'signer' }).info({ serial: '01ab', position: 7n }, 'certificate issued');
    expect(last()).toMatchObject({ level: 30, service: 'issuance', scope: 'signer', serial: '01ab', position: '7' });
    expect(last()['msg']).toBe('certificate issued');
    expect(last()['time']).toMatch(/^\d{4}-.*Z$/);
  });

  it('carries the correlation of the work it belongs to, and no other', async () => {
    const { logger, last } = recorder();
    await withCorrelation(newCorrelation('order-66'), async () => {
      await sleep(1);
      setCaller('spiffe://cluster.local/ns/a/sa/b');
      logger.info('within');
    });
    expect(last()).toMatchObject({ correlationId: 'order-66', caller: 'spiffe://cluster.local/ns/a/sa/b' });
    logger.info('outside');
    expect(last()).not.toHaveProperty('correlationId');
    expect(correlation()).toBeUndefined();
  });

  it.each([
    ['an Authorization header', { headers: { Authorization: 'Bearer abc.def' } }, 'abc.def'],
    ['a bearer token within text', { note: 'sent Bearer abc.def today' }, 'abc.def'],
    ['a token', { body: [{ token: 'ct_123' }] }, 'ct_123'],
    ['a passphrase', { key_passphrase: 'no', passphrase: 'hunter2' }, 'hunter2'],
    ['a private key within text', { text: `x ${pem} y` }, 'MIGHAgEAMBMG'],
    ['a request', { csr: 'MIIBCSR' }, 'MIIBCSR'],
    ['a Secret', { config: { whatever: new Secret('hunter2') } }, 'hunter2'],
    ['a password in a URL', { url: 'postgres://app:hunter2@db/x' }, 'hunter2'],
    ['an error that quotes one', { err: new Error('bad url postgres://app:hunter2@db/x') }, 'hunter2'],
    ['the cause of an error', { err: new Error('x', { cause: new Error(pem) }) }, 'MIGHAgEAMBMG'],
    ['octets', { key: Buffer.from('hunter2') }, 'hunter2'],
  ])('never holds %s', (_what, entry, secret) => {
    const { logger, lines } = recorder();
    logger.error(entry, 'something');
    logger.error(`${JSON.stringify('msg' in entry)} Bearer ${secret}`);
    logger.child(entry as Record<string, unknown>).info('child');
    expect(lines).toHaveLength(3);
    expect(lines.join('\n')).not.toContain(secret);
  });

  it('holds the stack and the code of an error', () => {
    const { logger, last } = recorder();
    logger.error({ err: Object.assign(new TypeError('broken'), { code: 'BROKEN' }) }, 'failed');
    expect(last()['err']).toMatchObject({ type: 'TypeError', message: 'broken', code: 'BROKEN' });
    expect((last()['err'] as { stack: string }).stack).toContain('logger.unit.spec');
  });

  it('survives what refers to itself', () => {
    const { logger, lines } = recorder();
    const loop: Record<string, unknown> = {};
    loop['self'] = loop;
    logger.info(loop, 'loop');
    expect(lines).toHaveLength(1);
  });
});

describe('the format for people', () => {
  it('is one line with time, level, scope, words and the rest', () => {
    const { logger, lines } = recorder({ format: 'pretty' });
    logger.child({ scope: 'crl' }).warn({ number: 12, issuer: 'ab' }, 'published late');
    const plain = (lines[0] ?? '').replace(/\u001b\[\d+m/g, '');
    expect(plain).toMatch(/^\d\d:\d\d:\d\d\.\d{3} warn {2}crl: published late number=12 issuer=ab\n$/);
  });

  it('puts the stack of an error below', () => {
    const { logger, lines } = recorder({ format: 'pretty' });
    logger.error({ err: new Error('broken') }, 'failed');
    expect(lines[0]).toMatch(/failed\n {4}Error: broken\n {4,}at /);
  });
});

describe('Nest’s own messages', () => {
  it('are quiet where they are chatter and loud where they are not', () => {
    const { logger, last } = recorder();
    const nest = new NestLogger(logger);
    nest.log('Mapped {/x, GET} route', 'RouterExplorer');
    expect(last()).toMatchObject({ level: 20, scope: 'RouterExplorer' });
    nest.error('broken', 'Error: broken\n at x', 'Injector');
    expect(last()).toMatchObject({ level: 50, scope: 'Injector', stack: 'Error: broken\n at x' });
    nest.fatal(new Error('gone'));
    expect(last()).toMatchObject({ level: 60, err: { message: 'gone' } });
  });
});
