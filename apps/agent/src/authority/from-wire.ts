import type {
  AgentCertificate,
  Entitlement as EntitlementMessage,
  ProtoTimestamp,
  RevocationMessage,
  ServiceRulesMessage,
  StreamTrustResponse,
} from '@cartulary/contracts';
import { pemChainToDer } from '@cartulary/x509';
import type { ServiceRules } from '../mesh/service-rules.js';
import type { Entitlement, IssuedCertificate, Revocation, Selector, TrustChange } from './authority.js';

const date = ({ seconds, nanos }: ProtoTimestamp): Date => new Date(seconds * 1_000 + Math.floor(nanos / 1e6));

/** Throws PEM_MALFORMED. */
export const issuedCertificate = (message: AgentCertificate): IssuedCertificate => ({
  chain: pemChainToDer(message.chain.join('\n')),
  serial: message.serial,
  spiffeId: message.spiffeId,
  notBefore: date(message.notBefore),
  notAfter: date(message.notAfter),
  renewFrom: date(message.renewFrom),
  renewUntil: date(message.renewUntil),
});

// What is not set is not there, and says nothing; with defaults it would say uid 0.
const selector = ({ uid, gid, path }: EntitlementMessage['selectors'][number]): Selector => ({
  ...(uid === undefined ? {} : { uid }),
  ...(gid === undefined ? {} : { gid }),
  ...(path === undefined ? {} : { path }),
});

export const entitlement = ({ spiffeId, selectors, suspended }: EntitlementMessage): Entitlement => ({
  spiffeId,
  selectors: selectors.map(selector),
  suspended,
});

const statuses = { STATUS_REVOKED: 'revoked', STATUS_HELD: 'held', STATUS_RELEASED: 'released' } as const;

const revocation = ({ issuerId, serial, status, spiffeId }: RevocationMessage): Revocation[] =>
  status === 'STATUS_UNSPECIFIED'
    ? []
    : [{ issuerId, serial, status: statuses[status], ...(spiffeId ? { spiffeId } : {}) }];

const modes = { MODE_DISABLED: 'disabled', MODE_PERMISSIVE: 'permissive', MODE_STRICT: 'strict' } as const;

/** A mode that this agent does not know is taken as the strictest. */
const serviceRules = ({ mode, ...rule }: ServiceRulesMessage): ServiceRules => ({
  ...rule,
  mode: mode === 'MODE_UNSPECIFIED' ? 'strict' : (modes[mode] ?? 'strict'),
});

export const trustChange = (message: StreamTrustResponse): TrustChange => {
  const { bundle, rotations = [], services } = message;
  return {
    position: message.position,
    complete: message.complete,
    ...(bundle && {
      bundle: {
        trustDomain: bundle.trustDomain,
        anchors: bundle.anchors.map((der) => Buffer.from(der)),
        intermediates: bundle.intermediates.map((der) => Buffer.from(der)),
        sequence: bundle.sequence,
      },
    }),
    crls: (message.crls ?? []).map(({ issuerId, number, der }) => ({
      issuerId,
      number: BigInt(number),
      der: Buffer.from(der),
    })),
    endedIssuers: message.endedIssuers ?? [],
    rotations: rotations.map(({ serials, from, until }) => ({ serials, from: date(from), until: date(until) })),
    revocations: (message.revocations ?? []).flatMap(revocation),
    ...(services && { services: (services.rules ?? []).map(serviceRules) }),
    canaries: (message.canaries ?? []).map(({ issuerId, number, chain, privateKey }) => ({
      ...{ issuerId, number: BigInt(number), privateKey: Buffer.from(privateKey) },
      chain: chain.map((der) => Buffer.from(der)),
    })),
  };
};
