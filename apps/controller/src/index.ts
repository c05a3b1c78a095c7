// Kubernetes: a key and a certificate for every service account.
export { start } from './run.js';
