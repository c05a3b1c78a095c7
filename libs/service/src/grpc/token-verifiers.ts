import { readFileSync } from 'node:fs';
import {
  JsonWebKeys,
  KubernetesReviews,
  KubernetesTokens,
  OidcTokens,
  type TokenVerifier,
  type TokenVerifiers,
} from '@cartulary/access';
import { type Clock, type Config, ConfigurationError } from '@cartulary/runtime';

/** The verifiers that the configuration asks for; none, where it names no issuer. */
export const tokenVerifiersOf = (config: Config, clock: Clock): TokenVerifiers => {
  const { trustDomain, kubernetesIssuer, oidcIssuer } = config;
  const skew = Math.ceil(Math.min(config.clockSkew, 60_000) / 1_000);
  const all: TokenVerifier[] = [];
  if (kubernetesIssuer !== undefined) {
    const ca = read('CARTULARY_KUBERNETES_CA_FILE', config.kubernetesCaFile);
    const jwksUrl = config.kubernetesJwksUrl;
    const source = { issuer: kubernetesIssuer, ...ca, ...(jwksUrl === undefined ? {} : { jwksUrl }) };
    const options = {
      ...{ issuer: kubernetesIssuer, audiences: config.kubernetesAudiences, trustDomain, skew },
      nodeAccounts: config.kubernetesNodeAccounts ?? [],
    };
    const apiUrl = config.kubernetesReviewUrl?.replace(/\/$/, '');
    all.push(
      apiUrl === undefined
        ? new KubernetesTokens(new JsonWebKeys(source, clock), options, clock)
        : new KubernetesReviews({ ...options, ...ca, apiUrl, tokenFile: config.kubernetesReviewTokenFile }, clock),
    );
  }
  if (oidcIssuer !== undefined) {
    const source = { issuer: oidcIssuer, ...read('CARTULARY_OIDC_CA_FILE', config.oidcCaFile) };
    const { oidcAudiences: audiences, oidcIdentity: identity } = config;
    const options = { issuer: oidcIssuer, audiences, trustDomain, identity, skew };
    all.push(new OidcTokens(new JsonWebKeys(source, clock), options, clock));
  }
  return { all };
};

const read = (key: string, path: string | undefined): { readonly ca?: string } => {
  if (path === undefined) return {};
  try {
    return { ca: readFileSync(path, 'utf8') };
  } catch (error) {
    const hint = 'name a PEM file that this process can read';
    throw new ConfigurationError([{ key, message: String((error as Error).message), hint }]);
  }
};
