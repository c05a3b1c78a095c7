import { InvalidValueError } from '../shared/errors.js';

declare const brand: unique symbol;
/** A SPIFFE ID of one of the two kinds that we issue for; see `parseIdentity`. */
export type SpiffeId = string & { readonly [brand]: 'SpiffeId' };

export type SystemKind = 'operator' | 'agent' | 'service';

export type Identity =
  | { readonly kind: 'workload'; readonly id: SpiffeId; readonly namespace: string; readonly serviceAccount: string }
  | { readonly kind: 'system'; readonly id: SpiffeId; readonly role: SystemKind; readonly name: string };

// SPIFFE-ID, section 2.1, narrowed as DESIGN asks: a trust domain is a lower-case DNS name, so that every
// relying party's name-constraint code (Java refuses underscores) reads it alike.
const TRUST_DOMAIN = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/;
const SEGMENT = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,253}$/;
const MAX_BYTES = 2048;

export const parseTrustDomain = (text: string): string => {
  if (!TRUST_DOMAIN.test(text) || /^[0-9.]+$/.test(text)) {
    throw new InvalidValueError('trustDomain', 'a trust domain is a lower-case DNS name, for example cluster.local');
  }
  return text;
};

const refuse = (message: string): never => {
  throw new InvalidValueError('identity', message);
};

/** Reads `spiffe://<td>/ns/<namespace>/sa/<service account>` or `spiffe://<td>/cartulary/<kind>/<name>`. */
export const parseIdentity = (text: string, trustDomain: string): Identity => {
  if (text.length > MAX_BYTES) return refuse(`longer than ${MAX_BYTES} bytes`);
  const prefix = `spiffe://${trustDomain}/`;
  if (!text.startsWith(prefix)) return refuse(`not of the trust domain ${trustDomain}: it must start with ${prefix}`);
  const segments = text.slice(prefix.length).split('/');
  if (segments.some((segment) => !SEGMENT.test(segment)))
    return refuse('a path segment is empty or has a forbidden character');
  const [first, second, third, fourth] = segments;
  const id = text as SpiffeId;
  if (segments.length === 4 && first === 'ns' && third === 'sa' && second && fourth) {
    return { kind: 'workload', id, namespace: second, serviceAccount: fourth };
  }
  if (segments.length === 3 && first === 'cartulary' && third && isSystemKind(second)) {
    return { kind: 'system', id, role: second, name: third };
  }
  return refuse('expected …/ns/<namespace>/sa/<service account>');
};

const isSystemKind = (text: string | undefined): text is SystemKind =>
  text === 'operator' || text === 'agent' || text === 'service';
