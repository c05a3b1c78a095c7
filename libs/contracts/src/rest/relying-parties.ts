import Type, { type Static } from 'typebox';
import { defineRoute } from './route.js';
import { closed, IssuerId } from './values.js';

const common = { permission: 'public', side: 'relying-parties', tag: 'relying parties' } as const;
const byIssuer = closed({ issuerId: IssuerId });

export const getCrl = defineRoute({
  ...common,
  operationId: 'getCrl',
  method: 'GET',
  path: '/crl/{issuerId}.crl',
  summary: 'Fetch the CRL of an issuer',
  description: 'DER, RFC 5280; complete, no issuing distribution point. With ETag and Cache-Control.',
  params: byIssuer,
  responses: { 200: { mediaType: 'application/pkix-crl', description: 'The CRL, DER' } },
});

export const getDeltaCrl = defineRoute({
  ...common,
  operationId: 'getDeltaCrl',
  method: 'GET',
  path: '/crl/{issuerId}-delta.crl',
  summary: 'Fetch what has changed in the CRL of an issuer',
  description:
    'DER, RFC 5280, section 5.2.4; of the same number as the newest complete CRL. 404 where deltas are off, and until an issuer’s second CRL.',
  params: byIssuer,
  responses: { 200: { mediaType: 'application/pkix-crl', description: 'The delta CRL, DER' } },
});

const ocspResponse = { mediaType: 'application/ocsp-response', description: 'The OCSP response, DER' };

export const getOcsp = defineRoute({
  ...common,
  operationId: 'getOcsp',
  method: 'GET',
  path: '/ocsp/{request}',
  summary: 'Ask for the status of a certificate',
  description:
    'The request is the base64 of the DER, percent-encoded (RFC 6960, appendix A.1). Cacheable as in RFC 5019.',
  params: closed({ request: Type.String({ minLength: 1, maxLength: 8192 }) }),
  responses: { 200: ocspResponse },
});

export const postOcsp = defineRoute({
  ...common,
  operationId: 'postOcsp',
  method: 'POST',
  path: '/ocsp',
  summary: 'Ask for the status of certificates',
  description: 'RFC 6960; nonce as in RFC 9654; several certificates of one issuer in one request.',
  rawRequest: { mediaType: 'application/ocsp-request', description: 'The OCSP request, DER' },
  responses: { 200: ocspResponse },
});

export const getIssuerCertificate = defineRoute({
  ...common,
  operationId: 'getIssuerCertificate',
  method: 'GET',
  path: '/issuers/{issuerId}.cer',
  summary: 'Fetch the certificate of an issuer',
  description: 'DER; where the AIA of its certificates points.',
  params: byIssuer,
  responses: { 200: { mediaType: 'application/pkix-cert', description: 'The certificate, DER' } },
});

export const SpiffeBundle = closed(
  {
    keys: Type.Array(
      Type.Object(
        {
          use: Type.Literal('x509-svid'),
          kty: Type.String({ maxLength: 16 }),
          x5c: Type.Array(Type.String(), { minItems: 1, maxItems: 1 }),
        },
        { description: 'JWK, RFC 7517', additionalProperties: Type.Unknown() },
      ),
    ),
    spiffe_sequence: Type.Integer({ minimum: 0 }),
    spiffe_refresh_hint: Type.Integer({ description: 'Seconds', minimum: 1 }),
  },
  { title: 'SpiffeBundle' },
);
export type SpiffeBundle = Static<typeof SpiffeBundle>;

export const getSpiffeBundle = defineRoute({
  ...common,
  operationId: 'getSpiffeBundle',
  method: 'GET',
  path: '/bundle.json',
  summary: 'Fetch the SPIFFE trust bundle',
  description: 'SPIFFE Trust Domain and Bundle, section 4.',
  responses: { 200: SpiffeBundle },
});
