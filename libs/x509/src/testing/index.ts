// For other packages' tests.
export { signerContract } from './signer.contract.js';
