import type { Caller } from '@cartulary/access';
import { type Caller as CallerDocument, rolePermissions } from '@cartulary/contracts';

export const callerView = ({ kind, actor, grant, expiresAt }: Caller, trustDomain: string): CallerDocument => ({
  id: actor.id,
  kind: kind === 'token' ? 'token' : 'certificate',
  credential: actor.credential,
  trustDomain,
  role: grant.role,
  ...(grant.namespaces ? { namespaces: [...grant.namespaces] } : {}),
  permissions: [...rolePermissions[grant.role]],
  ...(expiresAt === undefined ? {} : { expiresAt }),
});
