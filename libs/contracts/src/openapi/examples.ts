interface Example {
  readonly request?: unknown;
  readonly response?: unknown;
}

const csr = '-----BEGIN CERTIFICATE REQUEST-----\nMIHv…\n-----END CERTIFICATE REQUEST-----\n';
const serial = '01c3a5e27f0b4d8896a1d2f3e4b5c6a798';
const identity = 'spiffe://cluster.local/ns/shop/sa/cart';

const certificate = {
  serial,
  issuerId: '9f86d081884c7d65',
  profile: 'workload',
  status: 'active',
  identity,
  subject: 'O=cluster.local',
  keyHash: '7d1f0c2b9a8e4f6d5c3b2a190f8e7d6c5b4a39281706f5e4d3c2b1a0f9e8d7c6',
  keyAlgorithm: 'ecdsa-p256',
  notBefore: '2026-11-22T11:55:00.000Z',
  notAfter: '2026-11-23T12:00:00.000Z',
  certificate: '-----BEGIN CERTIFICATE-----\nMIIC…\n-----END CERTIFICATE-----\n',
  chain: '-----BEGIN CERTIFICATE-----\nMIIC…\n-----END CERTIFICATE-----\n',
  renewalWindow: { start: '2026-11-23T02:24:31.118Z', end: '2026-11-23T04:48:31.118Z' },
  requester: 'spiffe://cluster.local/cartulary/operator/first',
  position: 4711,
};

/** By operation id; a test holds each to its schema. */
export const examples: Readonly<Record<string, Example>> = {
  issueCertificate: { request: { csr, identity, ttl: '24h' }, response: certificate },
  renewCertificate: {
    request: { csr },
    response: { ...certificate, predecessor: '01aa5e27f0b4d8896a1d2f3e4b5c6a7980' },
  },
  getCertificate: { response: certificate },
  createRevocation: {
    request: { serial, reason: 'keyCompromise', comment: 'laptop lost' },
    response: {
      serial,
      reason: 'keyCompromise',
      revokedAt: '2026-11-22T12:00:00.000Z',
      certificates: [serial],
      position: 4712,
    },
  },
  declareIncident: {
    request: {
      selector: { node: 'node-7.eu-1', issuedBetween: { from: '2026-11-20T00:00:00.000Z' } },
      reason: 'keyCompromise',
      comment: 'node-7 was rooted',
    },
    response: {
      incident: {
        incidentId: 'i4k8s2m0qz7d',
        status: 'declared',
        selector: {
          node: 'node-7.eu-1',
          issuedBetween: { from: '2026-11-20T00:00:00.000Z', to: '2026-11-22T12:00:00.000Z' },
        },
        reason: 'keyCompromise',
        progress: { hit: 0, revoked: 0, alreadyRevoked: 0, expired: 0, remaining: 0 },
        comment: 'node-7 was rooted',
        requester: 'spiffe://cluster.local/cartulary/operator/first',
        declaredAt: '2026-11-22T12:00:00.000Z',
        position: 4715,
      },
    },
  },
  orderRotation: {
    request: { namespace: 'shop', window: '2h', reason: 'new base image' },
    response: {
      rotationId: 'r7c1t0p4w9xz',
      status: 'ordered',
      selector: { namespace: 'shop' },
      window: { start: '2026-11-22T12:00:00.000Z', end: '2026-11-22T14:00:00.000Z' },
      reason: 'new base image',
      progress: { matched: 0, due: 0, replaced: 0, ended: 0, remaining: 0 },
      requester: 'spiffe://cluster.local/cartulary/operator/first',
      orderedAt: '2026-11-22T12:00:00.000Z',
      position: 4714,
    },
  },
  registerIdentity: {
    request: { id: identity },
    response: {
      id: identity,
      kind: 'workload',
      namespace: 'shop',
      serviceAccount: 'cart',
      status: 'active',
      registeredAt: '2026-11-22T12:00:00.000Z',
      position: 4710,
    },
  },
  getDiagnostics: {
    response: {
      time: '2026-11-22T12:00:00.000Z',
      runtime: 'Node 24.21.0',
      position: 4711,
      settings: {
        clockSkew: 300,
        crlRefresh: 3600,
        crlValidity: 86400,
        ocspValidity: 60,
        epochLength: 604800,
        epochLead: 300,
      },
      database: {
        version: '17.6',
        major: 17,
        time: '2026-11-22T12:00:00.002Z',
        standby: false,
        size: 73400320,
        connections: 14,
        maxConnections: 100,
        fsync: 'on',
        synchronousCommit: 'on',
        fullPageWrites: 'on',
        walLevel: 'replica',
        archiveMode: 'off',
      },
    },
  },
  createToken: {
    request: { name: 'inventory', role: 'auditor', ttl: '90d' },
    response: {
      tokenId: 'k3v9x0q2m7ab',
      token: 'ctl_k3v9x0q2m7ab_…',
      name: 'inventory',
      role: 'auditor',
      status: 'active',
      createdAt: '2026-11-22T12:00:00.000Z',
      expiresAt: '2027-02-20T12:00:00.000Z',
      position: 4713,
    },
  },
};
