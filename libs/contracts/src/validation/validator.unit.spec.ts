import { describe, expect, it } from 'vitest';
import { routes } from '../rest/routes.js';
import { textValidatorFor, validatorFor } from './validator.js';

const pointers = (validated: ReturnType<ReturnType<typeof validatorFor>>): string[] =>
  validated.ok ? [] : validated.errors.map(({ pointer }) => pointer);

describe('validatorFor', () => {
  const revocation = validatorFor(routes.createRevocation.body);
  const issue = validatorFor(routes.issueCertificate.body);

  it('fills in defaults', () =>
    expect(revocation({ serial: '01ab' })).toEqual({ ok: true, value: { serial: '01ab', reason: 'unspecified' } }));

  it.each([[{}], [{ serial: '01ab', keyHash: 'ab'.repeat(32) }]])(
    'wants exactly one of serial and keyHash: %j',
    (body) =>
      expect(revocation(body)).toEqual({
        ok: false,
        errors: [{ pointer: '', message: 'Exactly one of serial and keyHash' }],
      }),
  );

  it('names every field that is missing, unknown or wrong', () => {
    const validated = issue({ profile: 'root', ttl: '1 day', 'a/b~': 1 });
    expect(new Set(pointers(validated))).toEqual(new Set(['/csr', '/profile', '/ttl', '/a~1b~0']));
    expect(validated).toMatchObject({
      errors: expect.arrayContaining([
        { pointer: '/csr', message: 'is missing' },
        { pointer: '/profile', message: 'must be one of workload, server, operator, service, ocsp-signing' },
      ]) as unknown,
    });
  });

  it.each([[null], [[]], ['text'], [7]])('refuses a body that is no object: %j', (body) =>
    expect(issue(body).ok).toBe(false),
  );

  it.each([
    [{ csr: 'x'.repeat(65_537) }],
    [{ csr: '' }],
    [{ csr: 'x', ttl: 0 }],
    [{ csr: 'x', ttl: 1.5 }],
    [{ csr: 'x', ttl: '0s' }],
    [{ csr: 'x', identity: 'https://example.org' }],
  ])('keeps the limits: %#', (body) => expect(issue(body).ok).toBe(false));

  it('keeps the batch below 1001 and its answer short', () => {
    const batch = validatorFor(routes.issueCertificates.body);
    expect(batch({ requests: Array.from({ length: 1000 }, () => ({ csr: 'x' })) }).ok).toBe(true);
    expect(batch({ requests: Array.from({ length: 1001 }, () => ({ csr: 'x' })) }).ok).toBe(false);
    expect(pointers(batch({ requests: Array.from({ length: 1000 }, () => ({})) })).length).toBeLessThanOrEqual(20);
  });

  it('takes a body that may be left out', () => {
    const release = validatorFor(routes.releaseCertificate.body);
    expect(release(undefined)).toEqual({ ok: true, value: undefined });
    expect(release({ comment: 'x'.repeat(1025) }).ok).toBe(false);
    expect(validatorFor(routes.createRevocation.body)(undefined).ok).toBe(false);
  });

  it('checks dates', () => {
    expect(revocation({ serial: '01', invalidityDate: '2026-11-22T12:00:00Z' }).ok).toBe(true);
    expect(revocation({ serial: '01', invalidityDate: '22 November' }).ok).toBe(false);
  });
});

describe('textValidatorFor', () => {
  const list = textValidatorFor(routes.listCertificates.query);

  it('reads integers and fills in defaults', () => {
    expect(list({ limit: '7' })).toEqual({ ok: true, value: { limit: 7 } });
    expect(list({})).toEqual({ ok: true, value: { limit: 100 } });
    expect(list(undefined)).toEqual({ ok: true, value: { limit: 100 } });
  });

  it.each([[{ limit: '0' }], [{ limit: '1001' }], [{ limit: '1e2' }], [{ limit: ['1', '2'] }], [{ limt: '1' }]])(
    'refuses %j',
    (query) => expect(list(query).ok).toBe(false),
  );

  it('leaves text that looks like a number alone where text is meant', () => {
    const params = textValidatorFor(routes.getCertificate.params);
    expect(params({ serial: '0123' })).toEqual({ ok: true, value: { serial: '0123' } });
  });
});
