import type { Config } from '@cartulary/runtime';
import type { Settings } from '../settings.js';

const seconds = (ms: number): number => Math.floor(ms / 1000);

/** What the services need to know of the configuration. */
export const settingsOf = (config: Config, publicUrl: string): Settings => ({
  trustDomain: config.trustDomain,
  clusterDomain: config.kubernetesClusterDomain,
  publicUrl,
  caKeyAlgorithm: config.caKeyAlgorithm,
  keyKinds: config.keyAlgorithms,
  clockSkew: config.clockSkew,
  lifetimes: {
    workload: { default: seconds(config.workloadTtl), max: seconds(config.workloadMaxTtl) },
    server: { default: seconds(config.serverTtl), max: seconds(config.serverTtl) },
    operator: { default: seconds(config.operatorTtl), max: seconds(config.operatorTtl) },
    service: { default: seconds(config.serviceTtl), max: seconds(config.serviceTtl) },
    'ocsp-signing': { default: seconds(config.ocspSigningTtl), max: seconds(config.ocspSigningTtl) },
  },
  caLifetimes: {
    root: seconds(config.rootTtl),
    intermediate: seconds(config.intermediateTtl),
    issuer: seconds(config.issuerTtl),
  },
  crl: {
    ...{ validity: config.crlValidity, refresh: config.crlRefresh, minInterval: config.crlMinInterval },
    ...(config.crlDeltas === 'off'
      ? {}
      : { deltas: { validity: config.crlDeltaValidity, inCertificates: config.crlDeltas === 'certificates' } }),
  },
  ocsp: { validity: config.ocspValidity, maxAge: config.ocspMaxAge },
  renewal: {
    from: config.renewalFrom / 100,
    to: config.renewalTo / 100,
    length: config.renewalLength / 100,
  },
  rotationInterval: config.rotationInterval,
  epochs: {
    length: config.epochLength,
    certificates: config.epochCertificates,
    lead: config.epochLead,
    rootLead: config.rootLead,
  },
  heartbeat: config.heartbeat,
});
