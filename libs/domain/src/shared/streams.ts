import type { SpiffeId } from '../identity/spiffe-id.js';
import type { RotationId } from '../rotation/events.js';
import type { IssuerId, KeyHash, NodeName, Serial, TokenId } from './ids.js';

/** Stream names: `<aggregate>-<key>`. */
export const certificateStream = (serial: Serial): string => `certificate-${serial}`;
export const identityStream = (identity: SpiffeId): string => `identity-${identity}`;
export const keyStream = (keyHash: KeyHash): string => `key-${keyHash}`;
export const issuerStream = (issuerId: IssuerId): string => `issuer-${issuerId}`;
export const publicationStream = (issuerId: IssuerId): string => `publication-${issuerId}`;
export const tokenStream = (tokenId: TokenId): string => `token-${tokenId}`;
export const placementStream = (node: NodeName, identity: SpiffeId): string => `placement-${node}:${identity}`;
export const restorationStream = (restorationId: string): string => `restoration-${restorationId}`;
export const trustDomainStream = (trustDomain: string): string => `trust-domain-${trustDomain}`;
export const rotationStream = (rotationId: RotationId): string => `rotation-${rotationId}`;
