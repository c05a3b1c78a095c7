import { join } from 'node:path';
import type { Exhibit } from '../judges/judge.js';

const extension = (name: string): string => `type.googleapis.com/envoy.extensions.${name}`;
const tls = (name: string): string => extension(`transport_sockets.tls.v3.${name}`);
const local = (port: number): object => ({ socket_address: { address: '127.0.0.1', port_value: port } });

/** What is in an Envoy's validation context. */
export interface Trust {
  /** PEM. */
  readonly anchors: string;
  /** PEM, or whatever else; undefined: there is no such field. */
  readonly crl?: Buffer;
  readonly onlyLeaf?: boolean;
}

/** The document of Envoy's SDS from a file; whoever moves another into its place has pushed it. */
export const secretFile = (name: string, { anchors, crl, onlyLeaf }: Trust): string => {
  const validation_context = {
    trusted_ca: { inline_string: anchors },
    ...(crl === undefined ? {} : { crl: { inline_bytes: crl.toString('base64') } }),
    ...(onlyLeaf === undefined ? {} : { only_verify_leaf_cert_crl: onlyLeaf }),
  };
  return JSON.stringify({ resources: [{ '@type': tls('Secret'), name, validation_context }] });
};

export interface Listener {
  /** Of its statistics, and of its secret: in `<name>.json`. */
  readonly name: string;
  readonly port: number;
}

const http = {
  name: 'envoy.filters.network.http_connection_manager',
  typed_config: {
    '@type': extension('filters.network.http_connection_manager.v3.HttpConnectionManager'),
    stat_prefix: 'in',
    route_config: {
      virtual_hosts: [
        {
          ...{ name: 'all', domains: ['*'] },
          routes: [{ match: { prefix: '/' }, direct_response: { status: 200, body: { inline_string: 'ok' } } }],
        },
      ],
    },
    http_filters: [
      { name: 'envoy.filters.http.router', typed_config: { '@type': extension('filters.http.router.v3.Router') } },
    ],
  },
};

export interface Surroundings {
  readonly adminPort: number;
  /** Where the secrets are, and the log of connections. */
  readonly directory: string;
}

const chain = (name: string, server: Exhibit, directory: string): object => ({
  transport_socket: {
    name: 'envoy.transport_sockets.tls',
    typed_config: {
      '@type': tls('DownstreamTlsContext'),
      require_client_certificate: true,
      disable_stateless_session_resumption: true,
      common_tls_context: {
        tls_certificates: [
          {
            certificate_chain: { inline_string: server.certificate + server.chain },
            private_key: { inline_string: server.keyPem },
          },
        ],
        validation_context_sds_secret_config: {
          name,
          sds_config: {
            resource_api_version: 'V3',
            path_config_source: { path: join(directory, `${name}.json`), watched_directory: { path: directory } },
          },
        },
      },
    },
  },
  filters: [http],
});

const listener = ({ name, port }: Listener, server: Exhibit, directory: string): object => ({
  ...{ name, stat_prefix: name, address: local(port) },
  filter_chains: [chain(name, server, directory)],
  access_log: [
    {
      name: 'envoy.access_loggers.file',
      typed_config: {
        '@type': extension('access_loggers.file.v3.FileAccessLog'),
        path: join(directory, 'connections'),
        log_format: { text_format_source: { inline_string: `${name} %DOWNSTREAM_TRANSPORT_FAILURE_REASON%\n` } },
      },
    },
  ],
});

/** Mutual TLS on each, by one server, with anchors and CRLs by SDS from files. No session is resumed. */
export const listenersOf = (
  listeners: readonly Listener[],
  server: Exhibit,
  { adminPort, directory }: Surroundings,
): object => ({
  admin: { address: local(adminPort) },
  static_resources: { listeners: listeners.map((each) => listener(each, server, directory)) },
});
