import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { TokenId } from '@cartulary/domain';

const ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyz';
const TOKEN = /^ctl_([0-9a-z]{12})_([A-Za-z0-9_-]{43})$/;

export interface MintedToken {
  readonly tokenId: TokenId;
  /** `ctl_<id>_<secret>`: shown once, kept nowhere. */
  readonly token: string;
  readonly secretHash: string;
}

/** A new token of 256 random bits. A plain hash will do for those: there is nothing to guess. */
export const mintToken = (): MintedToken => {
  const tokenId = [...randomBytes(12)].map((byte) => ALPHABET[byte % ALPHABET.length]).join('') as TokenId;
  const secret = randomBytes(32).toString('base64url');
  return { tokenId, token: `ctl_${tokenId}_${secret}`, secretHash: hashSecret(secret) };
};

export const parseToken = (token: string): { tokenId: TokenId; secret: string } | undefined => {
  const [, tokenId, secret] = TOKEN.exec(token) ?? [];
  return tokenId && secret ? { tokenId: tokenId as TokenId, secret } : undefined;
};

export const secretMatches = (secret: string, secretHash: string): boolean => {
  const [given, kept] = [Buffer.from(hashSecret(secret), 'base64'), Buffer.from(secretHash, 'base64')];
  return given.length === kept.length && timingSafeEqual(given, kept);
};

const hashSecret = (secret: string): string => createHash('sha256').update(secret).digest('base64');
