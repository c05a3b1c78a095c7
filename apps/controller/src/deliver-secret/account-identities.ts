import { parseIdentity } from '@cartulary/domain';

/** Service accounts and their SPIFFE IDs, both ways. */
export class AccountIdentities {
  constructor(private readonly trustDomain: string) {}

  of({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
    return `spiffe://${this.trustDomain}/ns/${namespace}/sa/${name}`;
  }

  /** `namespace/account`; undefined where the identity is no workload's of this trust domain. */
  accountOf(id: string): string | undefined {
    try {
      const identity = parseIdentity(id, this.trustDomain);
      return identity.kind === 'workload' ? `${identity.namespace}/${identity.serviceAccount}` : undefined;
    } catch {
      return undefined;
    }
  }
}
