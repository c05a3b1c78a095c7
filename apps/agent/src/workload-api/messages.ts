import { messages } from '../wire/messages.js';
import { method } from '../wire/methods.js';

// SPIFFE Workload API, X.509 part. The names and numbers are the specification's; the package is empty.
const workloadMessages = messages({
  X509SVIDRequest: {},
  X509SVID: {
    spiffeId: 'string 1',
    x509Svid: 'bytes 2',
    x509SvidKey: 'bytes 3',
    bundle: 'bytes 4',
    hint: 'string 5',
  },
  X509SVIDResponse: {
    svids: 'repeated X509SVID 1',
    crl: 'repeated bytes 2',
    federatedBundles: 'map<string,bytes> 3',
  },
  X509BundlesRequest: {},
  X509BundlesResponse: { crl: 'repeated bytes 1', bundles: 'map<string,bytes> 2' },
});

export interface X509Svid {
  readonly spiffeId: string;
  /** DER, leaf first, one after the other. */
  readonly x509Svid: Buffer;
  /** PKCS #8, DER. */
  readonly x509SvidKey: Buffer;
  /** DER, one after the other. */
  readonly bundle: Buffer;
}

export interface X509SvidResponse {
  readonly svids: readonly X509Svid[];
  /** DER. */
  readonly crl: readonly Buffer[];
}

export interface X509BundlesResponse {
  readonly crl: readonly Buffer[];
  /** By the trust domain's SPIFFE ID. */
  readonly bundles: Readonly<Record<string, Buffer>>;
}

const stream = { response: true };
const { X509SVIDRequest, X509SVIDResponse, X509BundlesRequest, X509BundlesResponse } = workloadMessages;

/** The JWT methods are not among them: whoever calls these hears Unimplemented from gRPC itself. */
export const workloadApiDefinition = {
  fetchX509Svid: method<object, X509SvidResponse>(
    '/SpiffeWorkloadAPI/FetchX509SVID',
    X509SVIDRequest,
    X509SVIDResponse,
    stream,
  ),
  fetchX509Bundles: method<object, X509BundlesResponse>(
    '/SpiffeWorkloadAPI/FetchX509Bundles',
    X509BundlesRequest,
    X509BundlesResponse,
    stream,
  ),
};
