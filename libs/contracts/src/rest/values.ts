import Type, { type Static, type TProperties, type TSchemaOptions } from 'typebox';

export const closed = <Properties extends TProperties>(properties: Properties, options: TSchemaOptions = {}) =>
  Type.Object(properties, { ...options, additionalProperties: false });

const serialExample = '01c3a5e27f0b4d8896a1d2f3e4b5c6a798';
const keyHashExample = '7d1f0c2b9a8e4f6d5c3b2a190f8e7d6c5b4a39281706f5e4d3c2b1a0f9e8d7c6';

/** As we write it. */
export const Serial = Type.String({
  description: 'Serial number, lower-case hex',
  pattern: '^[0-9a-f]{2,40}$',
  examples: [serialExample],
});
/** As people paste it: also upper case, with colons, with 0x. */
export const SerialInput = Type.String({
  description: 'Serial number in hex; upper case, colons and a leading 0x are accepted',
  pattern: '^(?:0[xX])?[0-9A-Fa-f:]{1,64}$',
  maxLength: 66,
  examples: [serialExample],
});
export const KeyHash = Type.String({
  description: 'SHA-256 of the SPKI (DER), lower-case hex',
  pattern: '^[0-9a-f]{64}$',
  examples: [keyHashExample],
});
export const KeyHashInput = Type.String({
  description: 'SHA-256 of the SPKI (DER) in hex; upper case and colons are accepted',
  pattern: '^[0-9A-Fa-f:]{64,95}$',
  maxLength: 95,
  examples: [keyHashExample],
});
export const IssuerId = Type.String({
  description: 'First 16 hex digits of the SHA-256 of the issuer’s SPKI',
  pattern: '^[0-9a-f]{16}$',
  examples: ['9f86d081884c7d65'],
});
export const TokenId = Type.String({ pattern: '^[0-9a-z]{12}$', examples: ['k3v9x0q2m7ab'] });
export const SpiffeId = Type.String({
  description: 'spiffe://<trust domain>/ns/<namespace>/sa/<service account>',
  pattern: '^spiffe://',
  maxLength: 2048,
  examples: ['spiffe://cluster.local/ns/shop/sa/cart'],
});
export const Namespace = Type.String({ pattern: '^[A-Za-z0-9._-]{1,253}$', examples: ['shop'] });
export const NodeName = Type.String({
  description: 'The machine where the key lives, as its platform names it: lower-case labels and dots',
  pattern: '^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$',
  maxLength: 253,
  examples: ['node-7.eu-1'],
});
export const Timestamp = Type.String({
  description: 'RFC 3339',
  format: 'date-time',
  maxLength: 64,
  examples: ['2026-11-22T12:00:00.000Z'],
});
/** A moment of the past, as the ledger has it. */
export const AsOf = Type.Optional(
  Type.String({
    description:
      'As it was then: a position of the ledger, or an RFC 3339 time, which stands for the last position committed by then',
    pattern: '^(?:[0-9]{1,15}|[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9:.]{8,18}(?:[Zz]|[+-][0-9]{2}:[0-9]{2}))$',
    examples: ['4711', '2026-11-22T12:00:00.000Z'],
  }),
);
export const Position = Type.Integer({ description: 'Position in the ledger', minimum: 0, examples: [4711] });
export const Comment = Type.String({ description: 'Kept beside the ledger, where it can be erased', maxLength: 1024 });
export const Pem = (description: string) => Type.String({ description, maxLength: 262_144 });
export const Csr = Type.String({
  description: 'PKCS #10 request (RFC 2986) as PEM, at most 16 KiB',
  minLength: 1,
  // Far more than is accepted: what is too large is refused as a CSR (CSR_TOO_LARGE), in a batch without its neighbours.
  maxLength: 65_536,
  examples: ['-----BEGIN CERTIFICATE REQUEST-----\nMIHv…\n-----END CERTIFICATE REQUEST-----\n'],
});

export const Role = Type.Enum(['admin', 'operator', 'issuer', 'auditor', 'service', 'agent', 'controller'], {
  description: 'What a caller may do; see the roles in docs',
});
export const Namespaces = Type.Array(Namespace, {
  description: 'Only these namespaces; without it, all',
  minItems: 1,
  maxItems: 100,
  uniqueItems: true,
});
export const Grant = closed({ role: Role, namespaces: Type.Optional(Namespaces) }, { title: 'Grant' });

/** Reasons of RFC 5280, section 5.3.1, without removeFromCRL, which stands in delta CRLs only. */
export const CrlReason = Type.Enum(
  [
    'unspecified',
    'keyCompromise',
    'cACompromise',
    'affiliationChanged',
    'superseded',
    'cessationOfOperation',
    'certificateHold',
    'privilegeWithdrawn',
    'aACompromise',
  ],
  { description: 'RFC 5280, section 5.3.1' },
);

export const Ttl = Type.Union(
  [
    Type.Integer({ description: 'Seconds', minimum: 1, maximum: 315_360_000 }),
    Type.String({ description: 'A number and s, m, h, d', pattern: '^[1-9][0-9]{0,8}[smhd]$', examples: ['24h'] }),
  ],
  { description: 'Lifetime: whole seconds, or for example 90s, 30m, 24h, 7d' },
);
export type Ttl = Static<typeof Ttl>;

const unitSeconds = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;

/** A `ttl` in whole seconds; undefined when it is none. */
export const parseDuration = (ttl: Ttl): number | undefined => {
  if (typeof ttl === 'number') return Number.isSafeInteger(ttl) && ttl > 0 ? ttl : undefined;
  const [, amount, unit] = /^([1-9]\d{0,8})([smhd])$/.exec(ttl) ?? [];
  return amount && unit ? Number(amount) * unitSeconds[unit as keyof typeof unitSeconds] : undefined;
};

export const Limit = Type.Optional(
  Type.Integer({ description: 'At most so many', minimum: 1, maximum: 1000, default: 100 }),
);
export const Cursor = Type.Optional(
  Type.String({ description: '`nextCursor` of the page before', pattern: '^[A-Za-z0-9_-]+$', maxLength: 1024 }),
);
