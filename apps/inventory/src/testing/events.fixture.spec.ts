import { createHash } from 'node:crypto';
import {
  type Base64,
  certificateStream,
  type CrlPublished,
  type Grant,
  identityStream,
  type IssuedCertificate,
  type IssuerId,
  type IssuerRecord,
  issuerStream,
  parseIdentity,
  parseKeyHash,
  parseSerial,
  parseTimestamp,
  parseTokenId,
  publicationStream,
  timestamp,
  tokenStream,
} from '@cartulary/domain';
import { certificateFacts, InMemorySigner, issueRoot, newSerial } from '@cartulary/x509';

export const trustDomain = 'cluster.local';
const t = parseTimestamp;
export const workload = (namespace: string, account = 'cart') =>
  parseIdentity(`spiffe://${trustDomain}/ns/${namespace}/sa/${account}`, trustDomain).id;
export const system = (path: string) => parseIdentity(`spiffe://${trustDomain}/cartulary/${path}`, trustDomain).id;
export const serialOf = (n: number) => parseSerial(`01${n.toString(16).padStart(32, '0')}`);
export const keyHashOf = (name: string) => parseKeyHash(createHash('sha256').update(name).digest('hex'));
export const otherIssuer = 'ffffffffffffffff' as IssuerId;
export const mark = Buffer.from('the DER of a certificate');

/** Of serial `n`: a workload certificate of shop, good for a day from noon, unless said otherwise. */
export const certificate = (n: number, over: Partial<IssuedCertificate> = {}): IssuedCertificate => ({
  serial: serialOf(n),
  issuerId: '0123456789abcdef' as IssuerId,
  profile: 'workload',
  identity: workload('shop'),
  keyHash: keyHashOf(`key ${n}`),
  keyAlgorithm: 'ecdsa-p256',
  notBefore: t('2026-11-22T11:55:00Z'),
  notAfter: t('2026-11-23T12:00:00Z'),
  certificate: Buffer.concat([mark, Buffer.from(String(n))]).toString('base64') as Base64,
  evidence: { csrHash: 'cc'.repeat(32), policyVersion: '1', requester: 'token/ci', credential: 'token:abcdef012345' },
  ...over,
});

export const issued = (n: number, over: Partial<IssuedCertificate> = {}) => ({
  stream: certificateStream(serialOf(n)),
  type: 'CertificateIssued',
  data: certificate(n, over),
});
const named = (n: number) => ({
  serial: serialOf(n),
  issuerId: certificate(n).issuerId,
  notAfter: certificate(n).notAfter,
});
const changed = (type: string, n: number, data: object) => ({
  stream: certificateStream(serialOf(n)),
  type,
  data: { ...named(n), ...data },
});
export const revoked = (n: number) =>
  changed('CertificateRevoked', n, { reason: 'keyCompromise', revokedAt: t('2026-11-22T12:30:00Z') });
export const held = (n: number) => changed('CertificateHeld', n, { heldAt: t('2026-11-22T12:10:00Z') });
export const released = (n: number) => changed('CertificateReleased', n, { releasedAt: t('2026-11-22T12:20:00Z') });
export const renewed = (n: number, by: number) =>
  changed('CertificateRenewed', n, { successor: serialOf(by), renewedAt: t('2026-11-22T12:15:00Z') });

export const registered = (identity: ReturnType<typeof workload>, grant?: Grant) => ({
  stream: identityStream(identity),
  type: 'IdentityRegistered',
  data: { identity, ...(grant ? { grant } : {}), registeredAt: t('2026-11-22T12:00:00Z') },
});
export const suspended = (identity: ReturnType<typeof workload>) => ({
  stream: identityStream(identity),
  type: 'IdentitySuspended',
  data: { identity, suspendedAt: t('2026-11-22T12:05:00Z') },
});
export const reinstated = (identity: ReturnType<typeof workload>) => ({
  stream: identityStream(identity),
  type: 'IdentityReinstated',
  data: { identity, reinstatedAt: t('2026-11-22T12:06:00Z') },
});

export const tokenCreated = (id: string, grant: Grant, over: object = {}) => ({
  stream: tokenStream(parseTokenId(id)),
  type: 'TokenCreated',
  data: {
    tokenId: id,
    name: `name of ${id}`,
    grant,
    secretHash: 'c2VjcmV0',
    createdAt: t('2026-11-22T11:00:00Z'),
    expiresAt: t('2026-12-22T11:00:00Z'),
    ...over,
  },
});
export const tokenRevoked = (id: string) => ({
  stream: tokenStream(parseTokenId(id)),
  type: 'TokenRevoked',
  data: { tokenId: id, revokedAt: t('2026-11-22T11:30:00Z') },
});

export const crlPublished = (issuerId: IssuerId, over: Partial<CrlPublished['data']> = {}) => ({
  stream: publicationStream(issuerId),
  type: 'CrlPublished',
  data: {
    issuerId,
    number: 4,
    thisUpdate: t('2026-11-22T12:00:00Z'),
    nextUpdate: t('2026-11-23T12:00:00Z'),
    entries: 0,
    size: 300,
    sha256: 'dd'.repeat(32),
    signature: 'c2lnbmF0dXJl',
    publishedAt: t('2026-11-22T12:00:01Z'),
    ...over,
  },
});

/** A root of ours, with a real certificate. */
export const aRoot = async (): Promise<IssuerRecord> => {
  const signer = new InMemorySigner();
  const key = await signer.generate('ecdsa-p256');
  const der = await issueRoot(
    {
      profile: 'root',
      serial: newSerial(),
      subject: [{ type: 'CN', value: 'Test Root' }],
      notBefore: new Date('2026-11-22T00:00:00Z'),
      notAfter: new Date('2036-11-22T00:00:00Z'),
    },
    key.keyId,
    signer,
  );
  const { notBefore, notAfter } = certificateFacts(der);
  return {
    issuerId: key.keyHash.slice(0, 16) as IssuerId,
    purpose: 'workload',
    epoch: 1,
    name: 'Test Root',
    certificate: der.toString('base64') as Base64,
    keyId: key.keyId,
    keyAlgorithm: key.algorithm,
    notBefore: timestamp(notBefore),
    notAfter: timestamp(notAfter),
  };
};
export const issuerCreated = (record: IssuerRecord) => ({
  stream: issuerStream(record.issuerId),
  type: 'IssuerCreated',
  data: record,
});
