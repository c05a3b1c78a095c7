export const TRUST_DOMAIN = 'cluster.local';

export const ISSUANCE = ['issuance', 'issuance'];
export const REVOCATION = ['revocation', 'revocation'];
export const ROTATION = ['rotation', 'rotation'];
export const RESPONDER = ['responder', 'responder-a'];
export const INVENTORY = ['inventory', 'inventory'];
