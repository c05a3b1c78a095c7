import type { SpiffeId } from '../identity/spiffe-id.js';
import type { IncidentId } from '../incident/events.js';
import type { RotationId } from '../rotation/events.js';
import type { ServiceId } from '../service/service-id.js';
import type { IssuerId, KeyHash, NodeName, Serial, TokenId } from './ids.js';

/** Stream names: `<aggregate>-<key>`. */
export const certificateStream = (serial: Serial): string => `certificate-${serial}`;
export const identityStream = (identity: SpiffeId): string => `identity-${identity}`;
export const keyStream = (keyHash: KeyHash): string => `key-${keyHash}`;
export const issuerStream = (issuerId: IssuerId): string => `issuer-${issuerId}`;
export const publicationStream = (issuerId: IssuerId): string => `publication-${issuerId}`;
export const tokenStream = (tokenId: TokenId): string => `token-${tokenId}`;
export const placementStream = (node: NodeName, identity: SpiffeId): string => `placement-${node}:${identity}`;
/** By `mutualTlsKey`. */
export const mutualTlsStream = (scope: string): string => `mutual-tls-${scope}`;
export const serviceStream = ({ namespace, name }: ServiceId): string => `service-${namespace}/${name}`;
export const restorationStream = (restorationId: string): string => `restoration-${restorationId}`;
export const trustDomainStream = (trustDomain: string): string => `trust-domain-${trustDomain}`;
export const rotationStream = (rotationId: RotationId): string => `rotation-${rotationId}`;
export const incidentStream = (incidentId: IncidentId): string => `incident-${incidentId}`;
/** The trust domain's one gate. */
export const gateStream = (): string => `gate-incidents`;
