import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CertificateCommand, certificateDecider, type CertificateState } from '../certificate/certificate.js';
import { crlReasonCode, type RevocationReason, saysCompromise } from '../certificate/reasons.js';
import { type IdentityCommand, identityDecider } from '../identity/identity.js';
import type { IssuerEvent } from '../issuer/events.js';
import { type IssuerCommand, issuerDecider, type IssuerState } from '../issuer/issuer.js';
import { type BlockKey, keyDecider } from '../key/key.js';
import { type Decider, type DomainEvent, fold } from '../shared/decider.js';
import { LifecycleError } from '../shared/errors.js';
import { parseIssuerId } from '../shared/ids.js';
import { type TokenCommand, tokenDecider } from '../token/token.js';
import {
  at,
  certificate,
  identity,
  issuer,
  issuerId,
  keyHash,
  otherKeyHash,
  serial,
  successor,
  tokenId,
} from './fixtures.js';

const RUNS = { numRuns: 500 };
const now = fc.integer({ min: -10, max: 120 }).map(at);
const reason = fc.constantFrom(
  ...(Object.keys(crlReasonCode).filter((name) => name !== 'certificateHold') as RevocationReason[]),
);
const since = fc.option(now, { nil: undefined }).map((invalidityDate) => (invalidityDate ? { invalidityDate } : {}));

/** Runs the commands; what holds between any two states is the caller's to say. Refusals must be the domain's own. */
const run = <Command, Event extends DomainEvent, State>(
  decider: Decider<Command, Event, State>,
  commands: readonly Command[],
  step: (before: State, after: State, decided: readonly Event[], command: Command) => void,
): void => {
  const history: Event[] = [];
  let state = decider.initial;
  for (const command of commands) {
    let decided: Event[] = [];
    try {
      decided = decider.decide(command, state);
    } catch (error) {
      expect(error).toBeInstanceOf(LifecycleError);
    }
    const after = decided.reduce(decider.evolve, state);
    step(state, after, decided, command);
    history.push(...decided);
    state = after;
  }
  const stored = JSON.parse(JSON.stringify(history)) as Event[];
  expect(fold(decider, stored)).toEqual(state);
};

const certificateCommand: fc.Arbitrary<CertificateCommand> = fc.oneof(
  fc.constant<CertificateCommand>({ type: 'IssueCertificate', issued: certificate }),
  fc.record({
    type: fc.constant('RenewCertificate' as const),
    serial: fc.constant(serial),
    successor: fc.constantFrom(keyHash, otherKeyHash).map((hash) => ({ ...successor, keyHash: hash })),
    now,
  }),
  fc.record({ type: fc.constant('HoldCertificate' as const), serial: fc.constant(serial), now }),
  fc.record({ type: fc.constant('ReleaseCertificate' as const), serial: fc.constant(serial), now }),
  fc
    .tuple(reason, now, since)
    .map(([why, when, date]) => ({ type: 'RevokeCertificate' as const, serial, reason: why, now: when, ...date })),
);

describe('any sequence of commands', () => {
  // Each starts with the issuance often enough to get somewhere, and without it often enough to be refused.
  const sequence = fc
    .tuple(fc.boolean(), fc.array(certificateCommand, { maxLength: 12 }))
    .map(([first, rest]): CertificateCommand[] =>
      first ? [{ type: 'IssueCertificate', issued: certificate }, ...rest] : rest,
    );

  it('keeps a certificate what it was issued as, and a revocation final', () =>
    fc.assert(
      fc.property(sequence, (commands) =>
        run(certificateDecider, commands, (before, after, decided) => {
          expect(decided.length).toBeLessThanOrEqual(1);
          if (before.status === 'unissued') return;
          expect(after).toMatchObject(certificate);
          if (before.status === 'revoked') expectFinal(before, after);
          if (after.status === 'revoked' && before.status === 'held') {
            expect(after.revocation.revokedAt).toBe(before.heldAt);
          }
          for (const event of decided) {
            if (event.type !== 'CertificateRenewed') {
              expect(event.data).toMatchObject({ serial, issuerId, notAfter: certificate.notAfter });
            }
          }
        }),
      ),
      RUNS,
    ));

  const expectFinal = (before: CertificateState & { status: 'revoked' }, after: CertificateState) => {
    if (after.status !== 'revoked') throw new Error(`a revoked certificate became ${after.status}`);
    const [was, is] = [before.revocation, after.revocation];
    expect(is.revokedAt).toBe(was.revokedAt);
    if (saysCompromise(was.reason)) expect(is).toEqual(was);
    else if (is.reason !== was.reason) expect(saysCompromise(is.reason)).toBe(true);
    if (was.invalidityDate) expect(is.invalidityDate && is.invalidityDate <= was.invalidityDate).toBe(true);
  };

  it('records nothing for a command that is repeated at once', () =>
    fc.assert(
      fc.property(sequence, (commands) => {
        const doubled = commands.flatMap((command) => [command, command]);
        let turn = 0;
        run(certificateDecider, doubled, (_before, _after, decided) => {
          if (turn % 2 === 1) expect(decided).toEqual([]);
          turn += 1;
        });
      }),
      RUNS,
    ));

  it('never unblocks a key, and keeps its date and a compromise', () =>
    fc.assert(
      fc.property(fc.array(fc.tuple(reason, now, since)), (choices) => {
        const commands = choices.map(([why, when, date]): BlockKey => ({
          type: 'BlockKey',
          keyHash,
          reason: why,
          now: when,
          ...date,
        }));
        run(keyDecider, commands, (before, after) => {
          if (before.status !== 'blocked') return;
          expect(after).toMatchObject({ status: 'blocked', blockedAt: before.blockedAt });
          if (before.reason && saysCompromise(before.reason)) expect(after).toEqual(before);
        });
      }),
      RUNS,
    ));

  it('reinstates an identity only when asked to', () =>
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            type: fc.constantFrom<IdentityCommand['type'][]>(
              'RegisterIdentity',
              'SuspendIdentity',
              'ReinstateIdentity',
            ),
            identity: fc.constant(identity),
            now,
          }),
        ),
        (commands) =>
          run(identityDecider, commands, (before, after, _decided, command) => {
            if (before.status !== 'unregistered') expect(after.status).not.toBe('unregistered');
            if (before.status === 'suspended' && command.type !== 'ReinstateIdentity') expect(after).toEqual(before);
          }),
      ),
      RUNS,
    ));

  const issuerSteps = [
    fc.record({
      type: fc.constantFrom('CreateIssuer' as const, 'ImportIssuer' as const),
      issuer: fc.constant(issuer),
    }),
    fc.record({
      type: fc.constant('ActivateIssuer' as const),
      issuerId: fc.constant(issuerId),
      firstCrlAt: fc.constant(at(0)),
      now,
    }),
    fc.record({
      type: fc.constant('SupersedeIssuer' as const),
      issuerId: fc.constant(issuerId),
      successor: fc.constantFrom(parseIssuerId('aaaaaaaaaaaaaaaa'), parseIssuerId('bbbbbbbbbbbbbbbb')),
      now,
    }),
    fc.record({
      type: fc.constant('ExpireEpoch' as const),
      issuerId: fc.constant(issuerId),
      certificates: fc.nat(9),
      lastNotAfter: fc.constant(at(60)),
      now,
    }),
    fc.record({
      type: fc.constant('RetireIssuer' as const),
      issuerId: fc.constant(issuerId),
      finalCrlAt: fc.constant(at(0)),
      now,
    }),
  ] satisfies readonly fc.Arbitrary<IssuerCommand>[];
  const issuerCommand: fc.Arbitrary<IssuerCommand> = fc.oneof(
    ...issuerSteps,
    fc.tuple(reason, now, since).map(([why, when, date]) => ({
      ...({ type: 'CutOffIssuer', issuerId, serial } as const),
      ...{ reason: why, now: when, ...date },
    })),
  );
  // Chance alone hardly ever takes the steps in their order, so half of the lives do, with others in between.
  const issuerLife = fc
    .tuple(...issuerSteps.map((step) => fc.tuple(step, fc.array(issuerCommand, { maxLength: 2 }))))
    .map((steps) => steps.flatMap(([step, others]): IssuerCommand[] => [step, ...others]));

  it('takes an issuer forward only, and from nowhere but preparation to active', () => {
    const order = ['unknown', 'prepared', 'active', 'retiring', 'retired', 'compromised'];
    const reached = new Set<string>();
    fc.assert(
      fc.property(fc.oneof(fc.array(issuerCommand, { maxLength: 20 }), issuerLife), (commands) =>
        run<IssuerCommand, IssuerEvent, IssuerState>(issuerDecider, commands, (before, after) => {
          reached.add(after.status);
          expect(order.indexOf(after.status)).toBeGreaterThanOrEqual(order.indexOf(before.status));
          if (before.status !== 'active' && after.status === 'active') expect(before.status).toBe('prepared');
          if (before.status === 'unknown' || after.status === 'unknown') return;
          if (before.successor) expect(after.successor).toBe(before.successor);
          if (before.revocation) expect(after.revocation?.revokedAt).toBe(before.revocation.revokedAt);
          if (after.status === 'retired') expect(after.expiredAt).toBeDefined();
        }),
      ),
      { numRuns: 2_000 },
    );
    expect([...reached].sort()).toEqual([...order].sort());
  });

  it('never revives a token', () =>
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.boolean(), now)).map((choices) =>
          choices.map(([create, when]): TokenCommand =>
            create
              ? {
                  type: 'CreateToken',
                  tokenId,
                  name: 'pipeline',
                  grant: { role: 'auditor' },
                  secretHash: 'c2VjcmV0',
                  expiresAt: at(60),
                  now: when,
                }
              : { type: 'RevokeToken', tokenId, now: when },
          ),
        ),
        (commands) =>
          run(tokenDecider, commands, (before, after) => {
            if (before.status === 'revoked') expect(after).toEqual(before);
          }),
      ),
      RUNS,
    ));
});
