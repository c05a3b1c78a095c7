import {
  type CertificateIssued,
  type CertificateState,
  parseIdentity,
  parseIssuerId,
  parseKeyHash,
  parseRotationId,
  parseSerial,
  parseTimestamp,
  rotationStream,
} from '@cartulary/domain';
import { InMemoryLedger } from '@cartulary/ledger/testing';
import { InMemoryTransport } from '@cartulary/transport/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { RotationDirectory } from './rotation-directory.js';

const at = (hour: number) => parseTimestamp(`2026-11-22T${String(hour).padStart(2, '0')}:00:00Z`);
const identity = parseIdentity('spiffe://cluster.local/ns/shop/sa/cart', 'cluster.local').id;
const own = { start: at(12), end: at(14) };
const [first, second] = ['aaaaaaaaaaaa', 'bbbbbbbbbbbb'].map(parseRotationId) as [never, never];
const issued: CertificateIssued['data'] = {
  // Its turn is in the middle of every rotation.
  serial: parseSerial(`01${'0'.repeat(20)}800000000000`),
  issuerId: parseIssuerId('0123456789abcdef'),
  profile: 'workload',
  identity,
  keyHash: parseKeyHash('aa'.repeat(32)),
  keyAlgorithm: 'ecdsa-p256',
  notBefore: at(0),
  notAfter: at(23),
  certificate: 'MAA=' as CertificateIssued['data']['certificate'],
  renewalWindow: own,
  evidence: { csrHash: 'cc'.repeat(32), policyVersion: '1', requester: 'token/ci', credential: 'token:a' },
};
const state: Exclude<CertificateState, { status: 'unissued' }> = { ...issued, status: 'active' };
const ordered = (rotationId: string, position: number, start = 4, more: object = {}) => ({
  type: 'RotationOrdered',
  position,
  data: {
    ...{ rotationId, selector: { namespace: 'shop' }, window: { start: at(start), end: at(start + 4) } },
    ...{ orderedAt: at(start), ...more },
  },
});
const directoryOf = (...events: readonly ReturnType<typeof ordered>[]) => {
  const directory = new RotationDirectory();
  for (const event of events) directory.apply(event);
  return directory;
};

describe('RotationDirectory', () => {
  it('moves the window of what is meant to its turn, and says by which rotation', () =>
    expect(directoryOf(ordered(first, 9)).windowOf(state, 5)).toEqual({ start: at(6), end: at(8), rotationId: first }));

  it('lets the earliest of several count', () => {
    const directory = directoryOf(ordered(first, 9), ordered(second, 10, 2));
    expect(directory.windowOf(state, 5)).toEqual({ start: at(4), end: at(6), rotationId: second });
    directory.apply({ type: 'RotationCompleted', position: 11, data: { rotationId: second } });
    expect(directory.windowOf(state, 5)).toMatchObject({ rotationId: first });
  });

  it.each([
    ['was issued after the order', ordered(first, 4), state],
    ['is not selected', ordered(first, 9, 4, { selector: { namespace: 'bank' } }), state],
    ['has a window that opens before its turn', ordered(first, 9, 12), state],
    ['has been renewed', ordered(first, 9), { ...state, successor: parseSerial('01bb') }],
    [
      'is revoked',
      ordered(first, 9),
      { ...state, status: 'revoked', revocation: { reason: 'superseded', revokedAt: at(1) } },
    ],
    [
      'is due by its own window',
      ordered('due', 9, 4, { window: undefined, selector: { due: at(4), serials: [issued.serial] } }),
      state,
    ],
  ] as const)('leaves what %s', (_, order, certificate) =>
    expect(directoryOf(order).windowOf(certificate, 5)).toEqual(own),
  );

  let transport: InMemoryTransport | undefined;
  afterEach(() => transport?.close());
  it('follows the transport', async () => {
    const ledger = new InMemoryLedger({ pollInterval: 5 });
    transport = new InMemoryTransport(ledger);
    const directory = RotationDirectory.follow(transport);
    const stream = rotationStream(first);
    await ledger.append({
      expectations: [{ stream, version: 0 }],
      events: [{ stream, type: 'RotationOrdered', data: ordered(first, 1).data }],
      actor: { id: 'token/test', credential: 'token:a' },
      correlationId: 'test',
      recordedAt: at(4),
    });
    await vi.waitFor(() => expect(directory.windowOf(state, 0).rotationId).toBe(first), { timeout: 60_000 });
    await directory.stop();
  });
});
