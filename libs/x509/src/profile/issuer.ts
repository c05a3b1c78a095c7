import { encodeName } from '../asn1/distinguished-name.js';
import { basicConstraints, keyUsage } from '../certificate/encode-extension.js';
import { nameConstraints, noSubtrees, type NameConstraints } from '../certificate/name-constraints.js';
import { checkTrustDomain } from './check-names.js';
import { type ProfileContents } from './contents.js';
import { type IssuerRequest } from './request.js';

// All addresses of either family: address 0, mask 0.
const everyAddress = [Buffer.alloc(8), Buffer.alloc(32)];

// A form is closed by permitting only a name that can't exist (RFC 6761, section 6.4). Excluding the empty name means
// "all" for DNS names everywhere, but OpenSSL lets every URI and mail address past an empty exclusion, and Java can't
// read one for mail.
const nobody = 'invalid';

const spiffeOnly = (trustDomain: string): NameConstraints => ({
  permitted: { ...noSubtrees, uriHosts: [trustDomain], emails: [nobody] },
  excluded: { ...noSubtrees, dnsNames: [''], ipRanges: everyAddress },
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
