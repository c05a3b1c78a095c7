import { type Rule } from './finding.js';
import { type CertificateView } from './view/certificate-view.js';
import { type CrlView } from './view/crl-view.js';
import { type KeyView } from './view/key-view.js';
import { type ResponseView } from './view/response-view.js';

interface Signing {
  readonly signingKey: KeyView;
  /** The signing key's certificate, where the caller has named it. */
  readonly issuer: CertificateView | undefined;
}

export interface CertificateToSign extends Signing {
  readonly certificate: CertificateView;
}

export interface CrlToSign extends Signing {
  readonly crl: CrlView;
}

/** The issuer is the delegate here, or the CA itself. */
export interface ResponseToSign extends Signing {
  readonly response: ResponseView;
}

export type CertificateRule = Rule<CertificateToSign>;
export type CrlRule = Rule<CrlToSign>;
export type ResponseRule = Rule<ResponseToSign>;
