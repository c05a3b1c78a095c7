import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { createCsr, derToPem } from '@cartulary/x509';
import { TRUST_DOMAIN } from './names.mjs';

/** The record of the issuer that workloads' certificates come from. */
export const workloadIssuer = async (ledger) => {
  const events = await ledger.readAll({ after: 0, limit: 100, types: ['IssuerCreated'] });
  const record = events.map(({ data }) => data).find(({ purpose }) => purpose === 'workload');
  if (!record) throw new Error('there is no workload issuer');
  return record;
};

export const newCsr = async () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = createPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' }));
  return derToPem(await createCsr(key, {}), 'CERTIFICATE REQUEST');
};

/** Really issued, one after another; each as the API gives it. */
export const issueSome = async (cluster, count, account = 'some') => {
  const client = cluster.client(cluster.one('issuance'));
  const identity = `spiffe://${TRUST_DOMAIN}/ns/bench/sa/${account}`;
  const all = [];
  for (let n = 0; n < count; n++) all.push(await client.issueCertificate({ body: { csr: await newCsr(), identity } }));
  return all;
};
