import { encodeName } from '../asn1/distinguished-name.js';
import { basicConstraints, keyUsage } from '../certificate/encode-extension.js';
import { nameConstraints, noSubtrees, type NameConstraints } from '../certificate/name-constraints.js';
import { checkTrustDomain } from './check-names.js';
import { type ProfileContents } from './contents.js';
import { type IssuerRequest } from './request.js';

// All addresses of either family: address 0, mask 0.
const everyAddress = [Buffer.alloc(8), Buffer.alloc(32)];

// A form of name is closed by permitting only one that nobody has (RFC 6761, section 6.4). The empty name, excluded,
// would say "all", but OpenSSL lets every URI and mail address past it, and Java 17 throws an unchecked exception when
// it meets a DNS name.
const nobody = 'nobody.invalid';

const spiffeOnly = (trustDomain: string): NameConstraints => ({
  permitted: { ...noSubtrees, uriHosts: [trustDomain], dnsNames: [nobody], emails: [nobody] },
  excluded: { ...noSubtrees, ipRanges: everyAddress },
});

const hostsOnly: NameConstraints = {
  permitted: { ...noSubtrees, uriHosts: [nobody], emails: [nobody] },
  excluded: noSubtrees,
};

/**
 * Issues leaves only. Constraints are the second line (DESIGN §11.15): `workload` and `system` issuers may name the
 * trust domain's URIs and nothing else, `server` issuers hosts and addresses only.
 */
export const issuerContents = ({ subject, kind, trustDomain }: IssuerRequest): ProfileContents => ({
  subjectName: encodeName(subject),
  extensions: [
    basicConstraints(true, 0),
    keyUsage('keyCertSign', 'cRLSign'),
    nameConstraints(kind === 'server' ? hostsOnly : spiffeOnly(checkTrustDomain(trustDomain))),
  ],
});
