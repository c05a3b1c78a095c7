// For other packages' tests.
export { DerTree } from './der-tree.js';
export { ForgingSigner } from './forging-signer.js';
export { TestHierarchy } from './hierarchy.js';
export type { TestLeaf } from './hierarchy.js';
export { OpenSsl } from './openssl.js';
export { publishCrl } from './publish-crl.js';
export { signerContract } from './signer.contract.js';
