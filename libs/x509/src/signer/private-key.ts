import { type KeyObject } from 'node:crypto';
import { type KeyAlgorithm } from './key-algorithm.js';

/** A key that lives with its holder (operator, agent, test), outside any signer. */
export const generatePrivateKey = async (_algorithm: KeyAlgorithm): Promise<KeyObject> => {
  throw new Error('not written');
};
