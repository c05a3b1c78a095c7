import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** AES-256-GCM, base64. */
export interface SealedBox {
  readonly nonce: string;
  readonly ciphertext: string;
  readonly tag: string;
}

/** The label is authenticated with the content: a box can't be passed off as another. */
export const seal = (key: Buffer, label: string, content: Buffer): SealedBox => {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(label));
  const ciphertext = Buffer.concat([cipher.update(content), cipher.final()]);
  return {
    nonce: nonce.toString('base64'),
    ciphertext: ciphertext.toString('base64'),
    tag: cipher.getAuthTag().toString('base64'),
  };
};

/** Undefined when key, label or box are not those that were sealed. */
export const unseal = (key: Buffer, label: string, box: SealedBox): Buffer | undefined => {
  const [nonce, ciphertext, tag] = [box.nonce, box.ciphertext, box.tag].map((text) => Buffer.from(text, 'base64'));
  if (!nonce || !ciphertext || tag?.length !== 16 || nonce.length !== 12) return undefined;
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 });
    decipher.setAAD(Buffer.from(label)).setAuthTag(tag);
    return Buffer.concat([decipher.update(ciphertext), decipher.final()]);
  } catch {
    return undefined;
  }
};
