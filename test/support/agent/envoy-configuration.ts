const extension = (name: string): string => `type.googleapis.com/envoy.extensions.${name}`;

const reconnect = { base_interval: '0.2s', max_interval: '2s' };
const agent = (protocol: 'GRPC' | 'DELTA_GRPC'): object => ({
  resource_api_version: 'V3',
  api_config_source: {
    api_type: protocol,
    transport_api_version: 'V3',
    // Else it may be half a minute until Envoy looks for an agent that was started anew.
    grpc_services: [{ envoy_grpc: { cluster_name: 'agent', retry_policy: { retry_back_off: reconnect } } }],
  },
});

const agentCluster = (socket: string): object => ({
  name: 'agent',
  type: 'STATIC',
  typed_extension_protocol_options: {
    'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
      '@type': extension('upstreams.http.v3.HttpProtocolOptions'),
      explicit_http_config: { http2_protocol_options: {} },
    },
  },
  load_assignment: {
    cluster_name: 'agent',
    endpoints: [{ lb_endpoints: [{ endpoint: { address: { pipe: { path: socket } } } }] }],
  },
});

export interface Side {
  readonly socket: string;
  readonly protocol: 'GRPC' | 'DELTA_GRPC';
  /** Name of its certificate: the SPIFFE ID, since both run as one user here. */
  readonly identity: string;
  /** Who the other end must be. */
  readonly peers: readonly string[];
  readonly port: number;
  readonly adminPort: number;
}

// The anchors and CRLs are the agent's, who may be the peer is the proxy's own.
const tls = ({ protocol, identity, peers }: Side): object => ({
  tls_certificate_sds_secret_configs: [{ name: identity, sds_config: agent(protocol) }],
  combined_validation_context: {
    default_validation_context: {
      match_typed_subject_alt_names: peers.map((exact) => ({ san_type: 'URI', matcher: { exact } })),
    },
    validation_context_sds_secret_config: { name: 'ROOTCA', sds_config: agent(protocol) },
  },
});

const http = (route: object): object => ({
  name: 'envoy.filters.network.http_connection_manager',
  typed_config: {
    '@type': extension('filters.network.http_connection_manager.v3.HttpConnectionManager'),
    stat_prefix: 'in',
    route_config: { virtual_hosts: [{ name: 'all', domains: ['*'], routes: [{ match: { prefix: '/' }, ...route }] }] },
    http_filters: [
      { name: 'envoy.filters.http.router', typed_config: { '@type': extension('filters.http.router.v3.Router') } },
    ],
  },
});

const local = (port: number): object => ({ socket_address: { address: '127.0.0.1', port_value: port } });
const configuration = ({ adminPort, socket }: Side, filterChain: object, port: number, clusters: object[]): object => ({
  admin: { address: local(adminPort) },
  static_resources: {
    listeners: [{ name: 'in', address: local(port), filter_chains: [filterChain] }],
    clusters: [agentCluster(socket), ...clusters],
  },
});

export type StaplePolicy = 'LENIENT_STAPLING' | 'STRICT_STAPLING' | 'MUST_STAPLE';

/** Answers over mutual TLS, and sessions are not resumed: a resumed one asks no CRL. */
export const serverSide = (side: Side, ocsp_staple_policy: StaplePolicy = 'LENIENT_STAPLING'): object => {
  const context = {
    '@type': extension('transport_sockets.tls.v3.DownstreamTlsContext'),
    require_client_certificate: true,
    ocsp_staple_policy,
    disable_stateless_session_resumption: true,
    disable_stateful_session_resumption: true,
    common_tls_context: tls(side),
  };
  const filters = [http({ direct_response: { status: 200, body: { inline_string: 'ok' } } })];
  const transport_socket = { name: 'envoy.transport_sockets.tls', typed_config: context };
  return configuration(side, { filters, transport_socket }, side.port, []);
};

/** Takes plain HTTP and passes it on over mutual TLS; a connection serves few requests, so that many are made. */
export const clientSide = (side: Side, upstreamPort: number): object => {
  const context = {
    '@type': extension('transport_sockets.tls.v3.UpstreamTlsContext'),
    max_session_keys: 0,
    common_tls_context: tls(side),
  };
  const back = {
    name: 'back',
    type: 'STATIC',
    typed_extension_protocol_options: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
        '@type': extension('upstreams.http.v3.HttpProtocolOptions'),
        common_http_protocol_options: { max_requests_per_connection: 3 },
        explicit_http_config: { http_protocol_options: {} },
      },
    },
    load_assignment: {
      cluster_name: 'back',
      endpoints: [{ lb_endpoints: [{ endpoint: { address: local(upstreamPort) } }] }],
    },
    transport_socket: { name: 'envoy.transport_sockets.tls', typed_config: context },
  };
  return configuration(side, { filters: [http({ route: { cluster: 'back' } })] }, side.port, [back]);
};

/** One more listener at `port`: the same, but for the validation of clients, which has a root and asks no CRL. */
export const withoutCrl = (
  configuration: object,
  port: number,
  root: string,
  peers: readonly string[] = [],
): object => {
  const copy = structuredClone(configuration) as {
    static_resources: { listeners: { name: string; address: object; filter_chains: ServerChain[] }[] };
  };
  const [first] = structuredClone(copy.static_resources.listeners);
  const { common_tls_context } = first!.filter_chains[0]!.transport_socket.typed_config;
  delete common_tls_context['combined_validation_context'];
  common_tls_context['validation_context'] = {
    trusted_ca: { inline_string: root },
    match_typed_subject_alt_names: peers.map((exact) => ({ san_type: 'URI', matcher: { exact } })),
  };
  copy.static_resources.listeners.push({ ...first!, name: `without-${port}`, address: local(port) });
  return copy;
};

interface ServerChain {
  readonly transport_socket: { readonly typed_config: { readonly common_tls_context: Record<string, unknown> } };
}
