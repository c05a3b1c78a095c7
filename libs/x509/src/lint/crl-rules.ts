import { crlAuthorityKeyId } from './crl/authority-key-id.js';
import { crlDeltaIndicator } from './crl/delta-indicator.js';
import { crlEntries } from './crl/entries.js';
import { crlExtensionsUnique } from './crl/extensions-unique.js';
import { crlFrame } from './crl/frame.js';
import { crlFreshest } from './crl/freshest-crl.js';
import { crlIssuerKey } from './crl/issuer-key.js';
import { crlIssuerName } from './crl/issuer-name.js';
import { crlKnownExtensions } from './crl/known-extensions.js';
import { crlNoEmptyList } from './crl/no-empty-list.js';
import { crlNoIssuingDistributionPoint } from './crl/no-issuing-distribution-point.js';
import { crlNumber } from './crl/number.js';
import { crlSignatureAlgorithm } from './crl/signature-algorithm.js';
import { crlUpdateEncoding } from './crl/update-encoding.js';
import { crlUpdateOrder } from './crl/update-order.js';
import { crlVersion } from './crl/version.js';
import { type CrlRule } from './to-sign.js';

export const crlRules: readonly CrlRule[] = [
  crlFrame,
  crlVersion,
  crlSignatureAlgorithm,
  crlIssuerName,
  crlIssuerKey,
  crlUpdateEncoding,
  crlUpdateOrder,
  crlNoEmptyList,
  crlExtensionsUnique,
  crlKnownExtensions,
  crlNoIssuingDistributionPoint,
  crlAuthorityKeyId,
  crlNumber,
  crlDeltaIndicator,
  crlFreshest,
  ...crlEntries,
];
