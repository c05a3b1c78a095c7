import { createHash, randomBytes } from 'node:crypto';

const SALT_BYTES = 32;

export interface SealedField {
  readonly field: string;
  readonly salt: Buffer;
  readonly value: string;
  /** Base64 SHA-256(salt || UTF-8 text): what the envelope holds as `<field>Hash`. */
  readonly hash: string;
}

/** Base64 SHA-256(salt || UTF-8 text). Without the salt, a guess of the text can't be checked. */
export function erasableHash(salt: Buffer, value: string): string {
  return createHash('sha256').update(salt).update(value, 'utf8').digest('base64');
}

export function sealField(field: string, value: string): SealedField {
  const salt = randomBytes(SALT_BYTES);
  return { field, salt, value, hash: erasableHash(salt, value) };
}
