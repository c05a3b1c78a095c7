import { describe, expect, it } from 'vitest';
import { certificateDecider } from '../certificate/certificate.js';
import {
  CertificateExistsError,
  CertificateExpiredError,
  CertificateHeldError,
  CertificateNotFoundError,
  CertificateRevokedError,
  RenewalSameKeyError,
  RenewalWrongIdentityError,
} from '../certificate/errors.js';
import type { IssuedCertificate, LeafProfile } from '../certificate/events.js';
import { noAncestry, openGate } from '../incident/gate.js';
import { IdentityNotRegisteredError, IdentitySuspendedError } from '../identity/errors.js';
import type { IdentityState } from '../identity/identity.js';
import { IssuerNotActiveError, IssuerWrongPurposeError } from '../issuer/errors.js';
import type { IssuerPurpose } from '../issuer/events.js';
import type { Issuer, IssuerState, IssuerStatus } from '../issuer/issuer.js';
import { KeyBlockedError } from '../key/key.js';
import { NodeNotEntitledError } from '../placement/placement.js';
import { fold } from '../shared/decider.js';
import { parseIssuerId, parseNodeName } from '../shared/ids.js';
import { certificateStream, identityStream, tokenStream } from '../shared/streams.js';
import {
  afterExpiry,
  at,
  certificate,
  held,
  identity,
  issued,
  issuer,
  keyHash,
  otherIdentity,
  otherKeyHash,
  released,
  renewed,
  revoked,
  serial,
  successor,
  successorSerial,
  tokenId,
} from '../testing/fixtures.js';
import { JoinTokenSpentError } from '../token/token.js';
import { decideIssuance, type IssuanceState } from './decide-issuance.js';

const active: Issuer = { ...issuer, status: 'active', imported: false };
const registered: IdentityState = { status: 'active', identity, registeredAt: at(0) };
const unregistered: IdentityState = { status: 'unregistered' };
const usable = { status: 'usable' } as const;
const unissued = { status: 'unissued' } as const;
const ready: IssuanceState = {
  ...{ certificate: unissued, issuer: active, key: usable, identity: registered },
  ...{ gate: openGate, ancestry: { by: noAncestry, predecessor: noAncestry } },
};
const renewable: IssuanceState = {
  ...ready,
  predecessor: fold(certificateDecider, [issued]),
  predecessorIssuer: active,
};

const issue = (state: Partial<IssuanceState> = {}, change: Partial<IssuedCertificate> = {}) =>
  decideIssuance({ issued: { ...certificate, ...change }, now: at(1) }, { ...ready, ...state });
const renew = (state: Partial<IssuanceState> = {}, change: Partial<IssuedCertificate> = {}, now = at(30)) =>
  decideIssuance({ issued: { ...successor, ...change }, now }, { ...renewable, ...state });

describe('delegation of OCSP', () => {
  const { identity: _, ...delegated } = { ...certificate, profile: 'ocsp-signing' as const };
  const delegate = (status: IssuerStatus) => {
    const { identity: __, ...state } = { ...ready, issuer: { ...active, status } };
    return decideIssuance({ issued: delegated, now: at(1) }, state);
  };
  it.each(['prepared', 'active', 'retiring', 'compromised'] as const)('is for an issuer that is %s', (status) =>
    expect(delegate(status)).toHaveLength(1),
  );
  it('ends with an issuer that is retired', () => expect(() => delegate('retired')).toThrow(IssuerNotActiveError));
});

describe('for a node', () => {
  const node = parseNodeName('node-7');
  const evidence = { ...certificate.evidence, node, attestation: { kind: 'agent', onBehalf: true } as const };
  const placed = { status: 'placed', identity, node, selectors: [], placedAt: at(0) } as const;
  it('an agent gets what is placed there', () => expect(issue({ placement: placed }, { evidence })).toHaveLength(1));
  it.each([
    ['nothing that is not', { status: 'absent' } as const],
    ['nothing that is placed elsewhere', { ...placed, node: parseNodeName('node-8') }],
    ['nothing by another identity’s placement', { ...placed, identity: otherIdentity }],
    ['nothing where the placement was not read', undefined],
  ])('%s', (_, placement) =>
    expect(() => issue(placement ? { placement } : {}, { evidence })).toThrow(NodeNotEntitledError),
  );
  it('nothing without a node in the credential', () => {
    const { node: _, ...nowhere } = evidence;
    expect(() => issue({ placement: placed }, { evidence: nowhere })).toThrow(NodeNotEntitledError);
  });
  it('nothing for an identity that nobody registered', () =>
    expect(() => issue({ placement: placed, identity: unregistered }, { evidence })).toThrow(
      IdentityNotRegisteredError,
    ));

  describe('that joins', () => {
    const joining = { ...certificate.evidence, node, attestation: { kind: 'join-token', tokenId } as const };
    const data = { tokenId, name: 'join/node-7', grant: { role: 'agent' } as const, node, secretHash: 'aa' };
    const joinToken = { status: 'active', ...data, createdAt: at(0), expiresAt: at(15) } as const;
    it('registers the agent, spends the token and issues, in this order', () => {
      const decided = issue({ joinToken, identity: unregistered }, { evidence: joining });
      expect(decided.map(({ event }) => event.type)).toEqual(['IdentityRegistered', 'TokenSpent', 'CertificateIssued']);
      expect(decided[0]!.event.data).toMatchObject({ grant: { role: 'agent' } });
      expect(decided[1]).toMatchObject({ stream: tokenStream(tokenId), event: { data: { serial } } });
    });
    it('gets nothing for a token that is spent', () =>
      expect(() => issue({ joinToken: { ...joinToken, status: 'spent' } }, { evidence: joining })).toThrow(
        JoinTokenSpentError,
      ));
    it('gets nothing where the token was not read', () =>
      expect(() => issue({}, { evidence: joining })).toThrow(TypeError));
  });
});

describe('an issuance', () => {
  it('is one event on the certificate’s stream', () =>
    expect(issue()).toEqual([{ stream: certificateStream(serial), event: issued }]));

  it('registers an unknown identity first', () =>
    expect(issue({ identity: unregistered })).toEqual([
      {
        stream: identityStream(identity),
        event: { type: 'IdentityRegistered', data: { identity, registeredAt: at(1) } },
      },
      { stream: certificateStream(serial), event: issued },
    ]));

  it('needs no identity where the certificate carries none', () => {
    const { identity: _, ...anonymous } = certificate;
    const { identity: _state, ...state } = ready;
    expect(decideIssuance({ issued: anonymous, now: at(1) }, state)).toEqual([
      { stream: certificateStream(serial), event: { type: 'CertificateIssued', data: anonymous } },
    ]);
  });

  const suspended: IdentityState = { status: 'suspended', identity, registeredAt: at(0), suspendedAt: at(1) };
  it('is refused for a suspended identity', () =>
    expect(() => issue({ identity: suspended })).toThrow(IdentitySuspendedError));
  it('is refused for a blocked key', () =>
    expect(() => issue({ key: { status: 'blocked', reason: 'superseded', blockedAt: at(0) } })).toThrow(
      KeyBlockedError,
    ));
  it('is refused for a serial that was issued', () =>
    expect(() => issue({ certificate: fold(certificateDecider, [issued]) })).toThrow(CertificateExistsError));

  it.each([
    { status: 'unknown' },
    { ...active, status: 'prepared' },
    { ...active, status: 'retiring' },
    { ...active, status: 'retired' },
    { ...active, status: 'compromised' },
  ] as IssuerState[])('is refused by an issuer that is $status', (state) =>
    expect(() => issue({ issuer: state })).toThrow(IssuerNotActiveError),
  );
  it('may last as long as its issuer', () => expect(issue({}, { notAfter: issuer.notAfter })).toHaveLength(1));
  it('may not outlive its issuer', () => expect(() => issue({}, { notAfter: at(121) })).toThrow(IssuerNotActiveError));
});

describe('an issuer’s purpose', () => {
  const CA = { root: false, intermediate: false, 'system-root': false };
  const table: Record<LeafProfile, Record<IssuerPurpose, boolean>> = {
    workload: { ...CA, workload: true, server: false, system: false },
    server: { ...CA, workload: false, server: true, system: false },
    operator: { ...CA, workload: false, server: false, system: true },
    service: { ...CA, workload: false, server: false, system: true },
    'ocsp-signing': { root: true, intermediate: true, 'system-root': true, workload: true, server: true, system: true },
    canary: { ...CA, workload: false, server: false, system: false },
  };
  const cells = (Object.keys(table) as LeafProfile[]).flatMap((profile) =>
    (Object.keys(table[profile]) as IssuerPurpose[]).map((purpose) => ({
      profile,
      purpose,
      allowed: table[profile][purpose],
    })),
  );
  it.each(cells)('$purpose issues $profile: $allowed', ({ profile, purpose, allowed }) => {
    const decide = () => issue({ issuer: { ...active, purpose } }, { profile });
    if (allowed) expect(decide()).toHaveLength(1);
    else expect(decide).toThrow(IssuerWrongPurposeError);
  });
});

describe('a renewal', () => {
  const both = [
    { stream: certificateStream(serial), event: renewed() },
    { stream: certificateStream(successorSerial), event: { type: 'CertificateIssued', data: successor } },
  ];
  it('links the predecessor, then issues', () => expect(renew()).toEqual(both));
  it('works after a hold was released', () =>
    expect(renew({ predecessor: fold(certificateDecider, [issued, held(at(1)), released(at(2))]) })).toEqual(both));

  it.each([
    ['unissued', [], CertificateNotFoundError],
    ['held', [issued, held(at(1))], CertificateHeldError],
    ['revoked', [issued, revoked('superseded', at(1))], CertificateRevokedError],
  ] as const)('is refused when the predecessor is %s', (_status, history, expected) =>
    expect(() => renew({ predecessor: fold(certificateDecider, history) })).toThrow(expected),
  );
  it('is refused when the predecessor’s issuer was cut off', () =>
    expect(() => renew({ predecessorIssuer: { ...active, status: 'compromised' } })).toThrow(CertificateRevokedError));
  it.each(['retiring', 'retired'] as const)('does not mind that the predecessor’s issuer is %s', (status) =>
    expect(renew({ predecessorIssuer: { ...active, status } })).toEqual(both),
  );
  it('is refused when the predecessor has expired', () =>
    expect(() => renew({}, {}, afterExpiry)).toThrow(CertificateExpiredError));
  it('is refused for the predecessor’s key', () => expect(() => renew({}, { keyHash })).toThrow(RenewalSameKeyError));
  it('is refused for another identity, although that one is in order', () =>
    expect(() => renew({ identity: { ...registered, identity: otherIdentity } }, { identity: otherIdentity })).toThrow(
      RenewalWrongIdentityError,
    ));
  it('is refused for a suspended identity and a blocked key like an issuance', () => {
    const suspended: IdentityState = { status: 'suspended', identity, registeredAt: at(0), suspendedAt: at(1) };
    expect(() => renew({ identity: suspended })).toThrow(IdentitySuspendedError);
    expect(() => renew({ key: { status: 'blocked' } }, { keyHash: otherKeyHash })).toThrow(KeyBlockedError);
  });
});

describe('a stream that was not read', () => {
  const without = (part: 'identity' | 'predecessor' | 'predecessorIssuer'): IssuanceState => {
    const { [part]: _, ...rest } = renewable;
    return rest;
  };
  const decide = (state: IssuanceState) => () => decideIssuance({ issued: successor, now: at(30) }, state);
  it.each(['identity', 'predecessor', 'predecessorIssuer'] as const)(
    'does not pass for one without objection: %s',
    (part) => expect(decide(without(part))).toThrow(TypeError),
  );
  it.each([
    { issuer: { ...active, issuerId: parseIssuerId('f'.repeat(16)) } },
    { identity: { ...registered, identity: otherIdentity } },
    {
      predecessor: fold(certificateDecider, [
        { type: 'CertificateIssued', data: { ...certificate, serial: successorSerial } },
      ]),
    },
  ] as Partial<IssuanceState>[])('is not replaced by another one (%#)', (state) =>
    expect(decide({ ...renewable, ...state })).toThrow(TypeError),
  );
  it('is not read in vain', () => {
    expect(() => issue({ predecessor: fold(certificateDecider, [issued]) })).toThrow(TypeError);
  });
});
