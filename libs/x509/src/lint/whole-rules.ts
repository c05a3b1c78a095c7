import { wholeAlgorithms } from './whole/algorithms.js';
import { wholeSecondReader } from './whole/second-reader.js';
import { wholeSignature } from './whole/signature.js';
import { type WholeRule } from './whole/signed-object.js';
import { wholeToBeSigned } from './whole/to-be-signed.js';

export const wholeRules: readonly WholeRule[] = [wholeToBeSigned, wholeAlgorithms, wholeSignature, wholeSecondReader];
