import type { Role } from '@cartulary/domain';

export const permissions = [
  'certificates:issue',
  'certificates:read',
  'certificates:renew',
  'revocations:write',
  'incidents:read',
  // What an incident hits may be anybody's, an operator's or a service's: for administrators alone.
  'incidents:write',
  'rotations:read',
  'rotations:write',
  'identities:read',
  'identities:write',
  'services:read',
  'services:write',
  'enforcement:read',
  'issuers:read',
  'issuers:write',
  'ledger:read',
  'projections:read',
  'projections:write',
  'dead-letters:read',
  'dead-letters:write',
  'diagnostics:read',
  'tokens:read',
  'tokens:write',
  'metrics:read',
  'self:read',
] as const;
export type Permission = (typeof permissions)[number];

/** What each role may do. A grant's namespaces narrow it further. */
export const rolePermissions: Readonly<Record<Role, readonly Permission[]>> = {
  admin: permissions,
  operator: [
    'certificates:issue',
    'certificates:read',
    'certificates:renew',
    'revocations:write',
    'incidents:read',
    'rotations:read',
    'rotations:write',
    'identities:read',
    'identities:write',
    'services:read',
    'services:write',
    'enforcement:read',
    'issuers:read',
    'projections:read',
    'dead-letters:read',
    'metrics:read',
    'self:read',
  ],
  issuer: [
    'certificates:issue',
    'certificates:read',
    'certificates:renew',
    'identities:read',
    'issuers:read',
    'self:read',
  ],
  auditor: [
    'certificates:read',
    'incidents:read',
    'rotations:read',
    'identities:read',
    'services:read',
    'enforcement:read',
    'issuers:read',
    'ledger:read',
    'projections:read',
    'dead-letters:read',
    'diagnostics:read',
    'tokens:read',
    'metrics:read',
    'self:read',
  ],
  // Our own services: what they may issue and renew is for the issuance policy to say, and is little.
  service: ['certificates:issue', 'certificates:renew', 'self:read'],
  // Node agents: what they may ask for, they ask over gRPC.
  agent: ['self:read'],
  // The Kubernetes controller: workload certificates alone, and it follows what becomes of them.
  controller: [
    'certificates:issue',
    'certificates:read',
    'certificates:renew',
    'revocations:write',
    'issuers:read',
    'ledger:read',
    'self:read',
  ],
};

export const roleMay = (role: Role, permission: Permission): boolean => rolePermissions[role].includes(permission);
