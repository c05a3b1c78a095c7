import type { Settings } from '../settings.js';

const MINUTE = 60_000;
const HOUR = 3_600;

export const testSettings: Settings = {
  trustDomain: 'cluster.local',
  clusterDomain: 'cluster.local',
  publicUrl: 'http://pki.example:8080',
  caKeyAlgorithm: 'ecdsa-p256',
  keyKinds: ['ecdsa-p256', 'ecdsa-p384', 'ed25519', 'rsa'],
  clockSkew: 5 * MINUTE,
  lifetimes: {
    workload: { default: 24 * HOUR, max: 48 * HOUR },
    server: { default: 48 * HOUR, max: 48 * HOUR },
    operator: { default: 48 * HOUR, max: 48 * HOUR },
    service: { default: 48 * HOUR, max: 48 * HOUR },
    'ocsp-signing': { default: 24 * HOUR, max: 24 * HOUR },
  },
  caLifetimes: { root: 2400 * HOUR, intermediate: 1200 * HOUR, issuer: 600 * HOUR },
  crl: { validity: 24 * 60 * MINUTE, refresh: 60 * MINUTE, minInterval: 1_000 },
  ocsp: { validity: 60 * MINUTE, maxAge: MINUTE },
  renewal: { from: 0.5, to: 0.75, length: 0.1 },
  rotationInterval: 10_000,
  epochs: { length: 30 * 24 * 60 * MINUTE, certificates: 1_000_000, lead: 60 * MINUTE, rootLead: 7 * 24 * 60 * MINUTE },
  heartbeat: 1_000,
};
