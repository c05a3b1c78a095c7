import { systemCaller } from '@cartulary/access';
import type { RevocationRequest } from '@cartulary/contracts';
import { certificateStream, parseSerial, type Serial, timestamp } from '@cartulary/domain';
import { TestDomain } from '@cartulary/service/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { BlockKeyCommand } from '../block-key/handler.js';
import { CertificateCommands } from '../certificate-commands.js';
import { ReleaseCertificateCommand, ReleaseCertificateHandler } from '../release-certificate/handler.js';
import { revocationCommand } from '../revocation-command.js';
import { ada, bank, callerOf, cart, contextOf, issueTo, newKeyHash } from '../testing/revocation.fixture.spec.js';
import { RevokeCertificateCommand, RevokeCertificateHandler } from './handler.js';

const NOW = '2026-03-01T12:00:00.500Z';

describe('revocations by serial', () => {
  let domain: TestDomain;
  let commands: CertificateCommands;
  beforeEach(async () => {
    domain = await TestDomain.create();
    commands = new CertificateCommands(domain.ledger, domain.settings, domain.clock);
  });
  const ask = (request: RevocationRequest, context = contextOf()) => {
    const command = revocationCommand(request, context);
    if (!(command instanceof RevokeCertificateCommand)) throw new TypeError('not by serial');
    return new RevokeCertificateHandler(commands).execute(command);
  };
  const release = (serial: string, context = contextOf(), comment?: string) =>
    new ReleaseCertificateHandler(commands, domain.issuers, domain.clock).execute(
      new ReleaseCertificateCommand(serial as Serial, comment, context),
    );
  const types = async (serial: Serial) =>
    (await domain.ledger.readStream(certificateStream(serial))).events.slice(1).map(({ type }) => type);

  it('are recorded with reason, date and who asked, and answered with the position', async () => {
    const { serial } = await issueTo(domain);
    const invalidityDate = '2026-02-28T01:00:00+01:00';
    const answer = await ask({ serial, reason: 'keyCompromise', invalidityDate });
    const [, event] = (await domain.ledger.readStream(certificateStream(serial))).events;
    expect(answer).toEqual({
      ...{ serial, certificates: [serial], reason: 'keyCompromise', revokedAt: NOW },
      ...{ invalidityDate: '2026-02-28T00:00:00.000Z', position: event?.position },
    });
    expect(event?.actor).toEqual(callerOf('operator').actor);
  });

  it('take serials as people write them', async () => {
    const { serial } = await issueTo(domain);
    const pasted = serial.toUpperCase().replaceAll(/(..)(?=.)/g, '$1:');
    expect(await ask({ serial: pasted })).toMatchObject({ serial, reason: 'unspecified' });
  });

  it('keep a comment beside the ledger, where it can be erased', async () => {
    const { serial } = await issueTo(domain);
    await ask({ serial, reason: 'superseded', comment: 'Zoë asked for it' });
    const [, event] = (await domain.ledger.readStream(certificateStream(serial))).events;
    expect(event?.envelope.toString()).not.toContain('Zo');
    expect(await domain.ledger.readErasable(event!.id)).toMatchObject([
      { field: 'comment', value: 'Zoë asked for it' },
    ]);
  });

  it('repeated, change nothing but a harmless reason into a compromise', async () => {
    const { serial } = await issueTo(domain);
    const first = await ask({ serial, reason: 'superseded' });
    domain.clock.advance(1_000);
    expect(await ask({ serial, reason: 'affiliationChanged' })).toEqual(first);
    const compromised = await ask({ serial, reason: 'keyCompromise' });
    expect(compromised).toMatchObject({ reason: 'keyCompromise', revokedAt: NOW, position: first.position + 1 });
    expect(await ask({ serial, reason: 'superseded' })).toEqual(compromised);
    expect(await types(serial)).toEqual(['CertificateRevoked', 'CertificateRevoked']);
  });

  it('can be a hold, which is released or becomes a revocation from its beginning', async () => {
    const [{ serial }, other] = [await issueTo(domain), await issueTo(domain)];
    expect(await ask({ serial, reason: 'certificateHold' })).toMatchObject({
      reason: 'certificateHold',
      revokedAt: NOW,
    });
    domain.clock.advance(1_000);
    const released = await release(serial, contextOf(), 'all clear');
    expect(released).toMatchObject({ serial, status: 'active' });
    expect(released).not.toHaveProperty('heldAt');
    expect(released.chain).toContain('BEGIN CERTIFICATE');
    await ask({ serial: other.serial, reason: 'certificateHold' });
    const heldAt = timestamp(domain.clock.now());
    domain.clock.advance(1_000);
    expect(await ask({ serial: other.serial, reason: 'keyCompromise' })).toMatchObject({ revokedAt: heldAt });
    await expect(release(other.serial)).rejects.toMatchObject({ code: 'CERTIFICATE_REVOKED' });
    await expect(ask({ serial: other.serial, reason: 'certificateHold' })).rejects.toMatchObject({
      code: 'CERTIFICATE_REVOKED',
    });
  });

  it('refuse what does not follow', async () => {
    const { serial } = await issueTo(domain);
    await expect(release(serial)).rejects.toMatchObject({ code: 'CERTIFICATE_NOT_HELD' });
    await expect(ask({ serial: '01ff' })).rejects.toMatchObject({ code: 'CERTIFICATE_NOT_FOUND' });
    await expect(release(parseSerial('01ff'))).rejects.toMatchObject({ code: 'CERTIFICATE_NOT_FOUND' });
    await expect(ask({ serial, invalidityDate: '2026-03-02T00:00:00Z' })).rejects.toMatchObject({
      code: 'INVALIDITY_DATE_IN_FUTURE',
    });
    expect(await types(serial)).toEqual([]);
    for (const request of [{}, { serial: 'xyz' }, { serial, invalidityDate: 'yesterday' }, { keyHash: 'ff' }]) {
      expect(() => revocationCommand(request, contextOf())).toThrow(expect.objectContaining({ code: 'INVALID_VALUE' }));
    }
    expect(revocationCommand({ keyHash: newKeyHash() }, contextOf())).toBeInstanceOf(BlockKeyCommand);
  });

  it('reach no further than the caller’s grant', async () => {
    const [inBank, operator] = [await issueTo(domain, { identity: bank }), await issueTo(domain, { identity: ada })];
    const shop = contextOf(callerOf('operator', ['shop']));
    await expect(ask({ serial: inBank.serial }, shop)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(release(inBank.serial, shop)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(ask({ serial: operator.serial })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(await ask({ serial: operator.serial }, contextOf(callerOf('admin')))).toMatchObject({ revokedAt: NOW });
    const { serial } = await issueTo(domain, { identity: cart });
    expect(await ask({ serial }, shop)).toMatchObject({ serial });
  });

  it('repeat under an Idempotency-Key with what is true now, and do not hold again what was released', async () => {
    const { serial } = await issueTo(domain);
    const context = contextOf(callerOf('operator'), 'hold');
    const held = await ask({ serial, reason: 'certificateHold' }, context);
    expect(await ask({ serial, reason: 'certificateHold' }, context)).toEqual(held);
    await release(serial);
    await expect(ask({ serial, reason: 'certificateHold' }, context)).rejects.toMatchObject({
      code: 'CERTIFICATE_NOT_HELD',
    });
    expect(await types(serial)).toEqual(['CertificateHeld', 'CertificateReleased']);
    const other = contextOf(callerOf('operator'), 'hold', 'g');
    await expect(ask({ serial, reason: 'superseded' }, other)).rejects.toMatchObject({ code: 'IDEMPOTENCY_MISMATCH' });
  });

  it('are recorded once when many ask at the same time', async () => {
    const { serial } = await issueTo(domain);
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask({ serial, reason: 'keyCompromise' })));
    expect(new Set(answers.map(({ position }) => position)).size).toBe(1);
    expect(await types(serial)).toEqual(['CertificateRevoked']);
  });

  it('say so and change nothing while the ledger is away', async () => {
    const { serial } = await issueTo(domain);
    domain.ledger.unavailable = true;
    await expect(ask({ serial })).rejects.toMatchObject({ code: 'LEDGER_UNAVAILABLE' });
    domain.ledger.unavailable = false;
    expect(await types(serial)).toEqual([]);
  });

  it('that follow from an event are not refused by a clock behind it', async () => {
    const { serial } = await issueTo(domain);
    const since = timestamp(new Date(domain.clock.now().getTime() + 5_000));
    const change = { type: 'RevokeCertificate', reason: 'keyCompromise', invalidityDate: since } as const;
    const context = { caller: systemCaller('revocation'), correlationId: 'test' };
    await expect(commands.change(serial, change, context)).rejects.toMatchObject({ code: 'INVALIDITY_DATE_IN_FUTURE' });
    const { state } = await commands.change(serial, change, { ...context, since });
    expect(state).toMatchObject({ status: 'revoked', revocation: { revokedAt: since, invalidityDate: since } });
  });
});
