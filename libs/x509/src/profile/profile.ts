import { CertificateError } from '../errors.js';
import { type PublicKeyAlgorithm } from '../signer/key-algorithm.js';
import { type ProfileContents } from './contents.js';
import { intermediateContents } from './intermediate.js';
import { issuerContents } from './issuer.js';
import { ocspSigningContents } from './ocsp-signing.js';
import { type CertificateRequest, type ProfileName } from './request.js';
import { rootContents } from './root.js';
import { serverContents } from './server.js';
import { systemContents } from './system.js';
import { workloadContents } from './workload.js';

/** What a kind of certificate may be; life times in seconds. */
export interface Profile {
  readonly name: ProfileName;
  readonly ca: boolean;
  readonly defaultTtlSeconds: number;
  readonly maxTtlSeconds: number;
  readonly minRsaBits: number;
}

const day = 86_400;

const profile = (name: ProfileName, ca: boolean, days: number, maxDays: number): Profile => ({
  name,
  ca,
  defaultTtlSeconds: days * day,
  maxTtlSeconds: maxDays * day,
  minRsaBits: 2048,
});

export const profiles: Readonly<Record<ProfileName, Profile>> = {
  root: profile('root', true, 3_650, 9_125),
  intermediate: profile('intermediate', true, 1_825, 3_650),
  issuer: profile('issuer', true, 365, 1_825),
  workload: profile('workload', false, 1, 7),
  server: profile('server', false, 90, 398),
  operator: profile('operator', false, 90, 366),
  service: profile('service', false, 30, 90),
  'ocsp-signing': profile('ocsp-signing', false, 7, 30),
};

export const contentsOf = (request: CertificateRequest, algorithm: PublicKeyAlgorithm): ProfileContents => {
  switch (request.profile) {
    case 'root':
      return rootContents(request);
    case 'intermediate':
      return intermediateContents(request);
    case 'issuer':
      return issuerContents(request);
    case 'workload':
      return workloadContents(request, algorithm);
    case 'server':
      return serverContents(request, algorithm);
    case 'operator':
    case 'service':
      return systemContents(request, algorithm);
    case 'ocsp-signing':
      return ocspSigningContents(request);
  }
};

/** Throws CERTIFICATE_TEMPLATE_INVALID when the key or the life time is not the profile's. */
export const checkLimits = (request: CertificateRequest, algorithm: PublicKeyAlgorithm): void => {
  const { maxTtlSeconds, minRsaBits } = profiles[request.profile];
  const seconds = (request.notAfter.getTime() - request.notBefore.getTime()) / 1000;
  const refuse = (message: string) => new CertificateError('CERTIFICATE_TEMPLATE_INVALID', message);
  if (!(seconds > 0)) throw refuse('notAfter is not after notBefore');
  // A certificate is backdated by the skew on top of its life time.
  if (seconds > maxTtlSeconds + maxBackdatingSeconds) {
    throw refuse(`a ${request.profile} certificate lives at most ${maxTtlSeconds} seconds`);
  }
  if (algorithm.startsWith('rsa-') && Number(algorithm.slice(4)) < minRsaBits) {
    throw refuse(`an RSA key of profile ${request.profile} has at least ${minRsaBits} bits`);
  }
};

const maxBackdatingSeconds = 3_600;
