import type { CommandBus } from '@nestjs/cqrs';
import { problemTable } from '@cartulary/service';
import { testCsr } from '@cartulary/service/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import type { IssueCertificateCommand } from '../issue-certificate/command.js';
import { Admission } from '../admit-requests/admission.js';
import { bank, callerOf, cart, contextOf, Issuance } from '../testing/issuance.fixture.spec.js';
import { IssueBatchCommand } from './command.js';
import { IssueBatchHandler } from './handler.js';

describe('IssueBatchHandler', () => {
  let issuance: Issuance;
  let batch: IssueBatchHandler;
  beforeEach(async () => {
    issuance = await Issuance.create();
    const execute = (command: IssueCertificateCommand) => issuance.issuing.execute(command);
    batch = new IssueBatchHandler({ execute } as unknown as CommandBus, problemTable, new Admission());
  });
  const requestFor = async (identity: string) => ({ csr: (await testCsr()).csr, identity });
  const certificates = async () => (await issuance.recorded()).filter((type) => type === 'CertificateIssued').length;

  it('gives each request its own outcome, in their order', async () => {
    const caller = callerOf('issuer', ['shop']);
    const requests = [await requestFor(cart), await requestFor(bank), { csr: 'nonsense' }, await requestFor(cart)];
    const { results } = await batch.execute(new IssueBatchCommand(requests, contextOf(caller)));
    expect(results.map(({ status }) => status)).toEqual([201, 403, 400, 201]);
    expect(results.map(({ problem }) => problem?.code)).toEqual([undefined, 'FORBIDDEN', 'CSR_MALFORMED', undefined]);
    expect(results.map(({ certificate }) => certificate?.identity)).toEqual([cart, undefined, undefined, cart]);
    expect(await certificates()).toBe(2);
  });

  it('takes more than are under way at once', async () => {
    const request = await requestFor(cart);
    const requests = Array.from({ length: 150 }, () => request);
    const { results } = await batch.execute(new IssueBatchCommand(requests, contextOf()));
    expect(results.map(({ status }) => status)).toEqual(requests.map(() => 201));
    expect(new Set(results.map(({ certificate }) => certificate?.serial)).size).toBe(150);
  });

  it('repeated under the longest key, gives the same certificates, and tries again what had failed', async () => {
    const context = contextOf(callerOf('issuer'), 'k'.repeat(255));
    const requests = [await requestFor(cart), await requestFor(bank)];
    await issuance.register(bank as never);
    await issuance.suspend(bank as never);
    const first = await batch.execute(new IssueBatchCommand(requests, context));
    expect(first.results.map(({ status }) => status)).toEqual([201, 409]);
    const data = { identity: bank, reinstatedAt: '2026-03-01T12:00:00.000Z' };
    await issuance.domain.append(`identity-${bank}`, { type: 'IdentityReinstated', data });
    const second = await batch.execute(new IssueBatchCommand(requests, context));
    expect(second.results[0]).toEqual(first.results[0]);
    expect(second.results[1]?.status).toBe(201);
    expect(await batch.execute(new IssueBatchCommand(requests, context))).toEqual(second);
    expect(await certificates()).toBe(2);
  });

  it('says of each that the ledger is away, and keeps no detail of what nobody foresaw', async () => {
    const requests = [await requestFor(cart), await requestFor(bank)];
    issuance.domain.ledger.unavailable = true;
    const away = await batch.execute(new IssueBatchCommand(requests, contextOf()));
    expect(away.results.map(({ status }) => status)).toEqual([503, 503]);
    issuance.domain.ledger.unavailable = false;
    issuance.domain.signer.failing = new Error('PIN 1234 is wrong');
    const failed = await batch.execute(new IssueBatchCommand(requests, contextOf()));
    expect(failed.results.map(({ status }) => status)).toEqual([500, 500]);
    expect(JSON.stringify(failed)).not.toContain('1234');
  });
});
