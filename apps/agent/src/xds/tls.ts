import { fromSds } from './config-source.js';
import { any, numbers, xds } from './messages.js';

const anchors = { name: 'ROOTCA', sdsConfig: fromSds };
const certificate = (identity: string): object => ({ name: identity, sdsConfig: fromSds });
const socket = (name: string, type: typeof xds.UpstreamTlsContext, context: object): object => ({
  name: 'envoy.transport_sockets.tls',
  typedConfig: any(`extensions.transport_sockets.tls.v3.${name}`, type, context),
});

/** Common to both ends: TLS 1.3, the identity's certificate, the trust domain's anchors and CRLs. */
const common = (identity: string, peers: readonly string[], alpnProtocols: readonly string[]): object => ({
  // Envoy's clients end at TLS 1.2 if they are not told otherwise.
  tlsParams: { tlsMinimumProtocolVersion: numbers.tls13, tlsMaximumProtocolVersion: numbers.tls13 },
  alpnProtocols,
  tlsCertificateSdsSecretConfigs: [certificate(identity)],
  combinedValidationContext: {
    defaultValidationContext: {
      matchTypedSubjectAltNames: peers.map((exact) => ({ sanType: numbers.uri, matcher: { exact } })),
    },
    validationContextSdsSecretConfig: anchors,
  },
});

/**
 * Asks for a certificate of the trust domain; who may call is the RBAC filter's to say, so that it can be tried out
 * first. No session is resumed: a resumed one asks no CRL and outlives its certificate.
 */
export const serverTls = (identity: string, http: boolean): object =>
  socket('DownstreamTlsContext', xds.DownstreamTlsContext, {
    commonTlsContext: common(identity, [], http ? ['h2', 'http/1.1'] : []),
    requireClientCertificate: { value: true },
    disableStatelessSessionResumption: true,
    disableStatefulSessionResumption: true,
  });

/** Secure naming: the server's identity is, to the letter, one of those that run the service. */
export const clientTls = (identity: string, runs: readonly string[]): object =>
  socket('UpstreamTlsContext', xds.UpstreamTlsContext, {
    commonTlsContext: common(identity, runs, []),
    maxSessionKeys: { value: 0 },
  });
