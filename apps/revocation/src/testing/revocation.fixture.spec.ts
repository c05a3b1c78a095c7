import { createHash, randomBytes } from 'node:crypto';
import { type Caller, systemCaller } from '@cartulary/access';
import {
  type Base64,
  type CertificateIssued,
  certificateStream,
  type KeyHash,
  type Role,
  type Serial,
  type SpiffeId,
  timestamp,
} from '@cartulary/domain';
import type { Ledger } from '@cartulary/ledger';
import type { TestDomain } from '@cartulary/service/testing';
import { newSerial } from '@cartulary/x509';
import type { RequestContext } from '../context.js';

export const cart = 'spiffe://cluster.local/ns/shop/sa/cart' as SpiffeId;
export const bank = 'spiffe://cluster.local/ns/bank/sa/pay' as SpiffeId;
export const ada = 'spiffe://cluster.local/cartulary/operator/ada' as SpiffeId;

export const newKeyHash = (): KeyHash => createHash('sha256').update(randomBytes(16)).digest('hex') as KeyHash;

export const callerOf = (role: Role, namespaces?: readonly string[]): Caller => ({
  kind: 'token',
  actor: { id: `token/${role}`, credential: 'token:abcdef012345' },
  grant: { role, ...(namespaces ? { namespaces } : {}) },
});

export const contextOf = (caller: Caller = callerOf('operator'), key?: string, fingerprint = 'f'): RequestContext => ({
  caller,
  correlationId: 'test',
  ...(key === undefined ? {} : { idempotency: { scope: caller.actor.credential, key, fingerprint } }),
});

/** Records an issued certificate; its bytes do not matter to those who revoke it. */
export const issueTo = async (
  domain: TestDomain<Ledger>,
  {
    keyHash = newKeyHash(),
    identity = cart,
    life = 3_600_000,
  }: { keyHash?: KeyHash; identity?: SpiffeId; life?: number } = {},
): Promise<CertificateIssued['data']> => {
  const now = domain.clock.now().getTime();
  const data: CertificateIssued['data'] = {
    ...{ serial: newSerial() as Serial, issuerId: domain.issuer('workload').issuerId, profile: 'workload', identity },
    ...{ keyHash, keyAlgorithm: 'ecdsa-p256', certificate: 'MAA=' as Base64 },
    ...{ notBefore: timestamp(new Date(now - 60_000)), notAfter: timestamp(new Date(now + life)) },
    evidence: { csrHash: 'cc', policyVersion: '1', requester: systemCaller('test').actor.id, credential: 'system' },
  };
  await domain.append(certificateStream(data.serial), { type: 'CertificateIssued', data });
  return data;
};

export const until = async (holds: () => boolean | Promise<boolean>, what: string, ms = 5_000): Promise<void> => {
  const deadline = performance.now() + ms;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`not within ${ms} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
};
